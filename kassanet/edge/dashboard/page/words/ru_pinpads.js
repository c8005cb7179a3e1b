/** По-русски: пинпады и оплаты картой. */

/** @type {typeof import("./en_pinpads.js").enPinpads} */
export const ruPinpads = {
  page_pinpads: "Пинпады", no_pinpads: "Пинпадов пока нет.", add_pinpad: "Добавить пинпад", pinpad_number: "Пинпад {id}",
  pinpad_gone: "Этот пинпад удалён.", pinpad_added: "Пинпад {id} добавлен. Включите его на его странице.", terminal_id: "Номер терминала в банке",
  operations: "Операции", operation_number: "Операция {id} ждёт решения", waiting_behind: "ждут за ней: {count}", last_answer: "ответил {ago}",
  sales: "Оплаты в пути", ask_deactivate_pinpad: "Выключить пинпад {id}? Начатая операция будет завершена.",
  ask_remove_pinpad: "Удалить пинпад {id}? Его операции останутся в журнале.",
  pinpad_condition_inactive: "Выключен", pinpad_condition_ready: "Готов", pinpad_condition_busy: "Работает", pinpad_condition_held: "Занят чеком",
  pinpad_condition_settling: "Выясняет исход", pinpad_condition_blocked: "Заблокирован: решает человек",
  operation_payment: "Оплата", operation_void: "Отмена", operation_refund: "Возврат", operation_settlement: "Сверка итогов",
  operation_full_report: "Полный отчёт", operation_short_report: "Краткий отчёт", operation_receipt_copy: "Копия слипа",
  operation_connection_check: "Проверка связи", operation_emergency_void: "Аварийная отмена", operation_preauthorisation: "Предавторизация",
  operation_completion: "Завершение", operation_top_up: "Пополнение", operation_cash_withdrawal: "Выдача наличных", operation_balance: "Баланс",
  operation_card_data: "Данные карты",
  stage_connecting: "подключение", stage_sent: "запрошен", stage_accepted: "принято", stage_working: "работает", stage_card: "ждёт карту",
  stage_pin: "ждёт ПИН", stage_host: "спрашивает банк", stage_printing: "печатает", stage_result: "ответил", stage_acknowledged: "готово",
  stage_settling: "выясняет",
  operation_status_accepted: "ждёт", operation_status_sending: "запрошена", operation_status_received: "ответ получен",
  operation_status_approved: "одобрена", operation_status_refused: "отказ", operation_status_failed: "не начата",
  operation_status_cancelled: "отменена", operation_status_unknown: "неизвестна", operation_status_manual: "ждёт решения",
  operation_status_reversed: "возвращена",
  sale_accepted: "принята", sale_charging: "оплата картой", sale_unknown: "исход оплаты неизвестен", sale_charged: "оплачена",
  sale_fiscalizing: "пробивается чек", sale_pending: "оплачена, чек в пути", sale_reversing: "возвращается", sale_manual: "ждёт решения",
  sale_done: "готова", sale_refused: "отказ", sale_failed: "не началась", sale_aborted: "прервана", sale_reversed: "возвращена",
  pinpad_verdict_approved: "Деньги списаны", pinpad_verdict_refused: "Деньги не списаны", pinpad_verdict_reversed: "Списаны и возвращены",
};
