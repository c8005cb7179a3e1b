/** Українською: пінпади та оплати карткою. */

/** @type {typeof import("./en_pinpads.js").enPinpads} */
export const ukPinpads = {
  page_pinpads: "Пінпади", no_pinpads: "Пінпадів поки немає.", add_pinpad: "Додати пінпад", pinpad_number: "Пінпад {id}",
  pinpad_gone: "Цей пінпад видалено.", pinpad_added: "Пінпад {id} додано. Увімкніть його на його сторінці.", terminal_id: "Номер термінала в банку",
  operations: "Операції", operation_number: "Операція {id} чекає рішення", waiting_behind: "чекають за нею: {count}", last_answer: "відповів {ago}",
  sales: "Оплати в дорозі", ask_deactivate_pinpad: "Вимкнути пінпад {id}? Розпочату операцію буде завершено.",
  ask_remove_pinpad: "Видалити пінпад {id}? Його операції залишаться в журналі.",
  pinpad_condition_inactive: "Вимкнений", pinpad_condition_ready: "Готовий", pinpad_condition_busy: "Працює", pinpad_condition_held: "Зайнятий чеком",
  pinpad_condition_settling: "З'ясовує результат", pinpad_condition_blocked: "Заблокований: вирішує людина",
  operation_payment: "Оплата", operation_void: "Скасування", operation_refund: "Повернення", operation_settlement: "Звірка підсумків",
  operation_full_report: "Повний звіт", operation_short_report: "Короткий звіт", operation_receipt_copy: "Копія сліпа",
  operation_connection_check: "Перевірка зв'язку", operation_emergency_void: "Аварійне скасування", operation_preauthorisation: "Преавторизація",
  operation_completion: "Завершення", operation_top_up: "Поповнення", operation_cash_withdrawal: "Видача готівки", operation_balance: "Баланс",
  operation_card_data: "Дані картки",
  stage_connecting: "з'єднання", stage_sent: "запитано", stage_accepted: "прийнято", stage_working: "працює", stage_card: "чекає картку",
  stage_pin: "чекає ПІН", stage_host: "питає банк", stage_printing: "друкує", stage_result: "відповів", stage_acknowledged: "готово",
  stage_settling: "з'ясовує",
  operation_status_accepted: "чекає", operation_status_sending: "запитана", operation_status_received: "відповідь є",
  operation_status_approved: "схвалена", operation_status_refused: "відмова", operation_status_failed: "не розпочата",
  operation_status_cancelled: "скасована", operation_status_unknown: "невідома", operation_status_manual: "чекає рішення",
  operation_status_reversed: "повернена",
  sale_accepted: "прийнята", sale_charging: "оплата карткою", sale_unknown: "доля оплати невідома", sale_charged: "оплачена",
  sale_fiscalizing: "пробивається чек", sale_pending: "оплачена, чек у дорозі", sale_reversing: "повертається", sale_manual: "чекає рішення",
  sale_done: "готова", sale_refused: "відмова", sale_failed: "не почалася", sale_aborted: "перервана", sale_reversed: "повернена",
  pinpad_verdict_approved: "Кошти списано", pinpad_verdict_refused: "Кошти не списано", pinpad_verdict_reversed: "Списано й повернено",
};
