"""Which function carries out which write, and how a batch of them is applied."""

from collections.abc import Callable, Sequence
from typing import Any

from kassanet.store.sqlite import (
    alarms,
    archive,
    attempts,
    audit,
    callbacks,
    cashiers,
    circuits,
    intake,
    operations,
    payment_intake,
    payments,
    pinpads,
    prro,
    sales,
    sites,
    uplink,
    verdicts,
)
from kassanet.store.sqlite.failures import UNSTORABLE, stands_alone, unstorable
from kassanet.store.sqlite.transaction import Transaction
from schemas import cashier_records, payment_records, pinpad_records, prro_records, records, sale_records, site_records
from schemas.records import AcceptReceipt, AcceptReceipts, Write

_HANDLERS: dict[type[Any], Callable[[Transaction, Any], object]] = {
    records.BeginAttempt: attempts.begin,
    records.Fiscalized: attempts.fiscalized,
    records.Returned: attempts.returned,
    records.BecameUnknown: attempts.became_unknown,
    records.KeepExchange: attempts.keep_exchange,
    records.Refuse: verdicts.refuse,
    records.BecameManual: verdicts.become_manual,
    records.Cancel: verdicts.cancel,
    records.Resolve: verdicts.resolve,
    records.CreateCircuit: circuits.create_circuit,
    records.AddKkt: circuits.add_kkt,
    records.SetKktActive: circuits.set_kkt_active,
    records.SaveIdentity: circuits.save_identity,
    records.ForgetIdentity: circuits.forget_identity,
    records.RemoveKkt: circuits.remove_kkt,
    records.SaveShift: circuits.save_shift,
    records.SaveKktState: circuits.save_kkt_state,
    records.AddIntegration: circuits.add_integration,
    records.SetIntegrationActive: circuits.set_integration_active,
    records.AddToken: circuits.add_token,
    records.RevokeToken: circuits.revoke_token,
    records.CallbackDelivered: callbacks.delivered,
    records.CallbackFailed: callbacks.failed,
    records.RetryCallback: callbacks.retry,
    records.BeginAudit: audit.begin,
    records.EndAudit: audit.end,
    records.Acknowledge: alarms.acknowledge,
    records.ForgetAcknowledgements: alarms.forget,
    records.Prune: callbacks.prune,
    cashier_records.AddCashier: cashiers.add,
    cashier_records.AddCashierToken: cashiers.add_token,
    cashier_records.RevokeCashier: cashiers.revoke,
    payment_records.SavePart: payments.save_part,
    payment_records.RemovePart: payments.remove_part,
    payment_records.AcceptPayment: payment_intake.accept_one,
    payment_records.AcceptPayments: payment_intake.accept_many,
    payment_records.PaymentCredited: payments.credited,
    payment_records.PaymentRefused: payments.refused,
    payment_records.PaymentTried: payments.tried,
    payment_records.PaymentTakenBack: payments.taken_back,
    payment_records.PaymentNoted: payments.noted,
    payment_records.AccountChecked: payments.checked,
    payment_records.GaveBack: payments.gave_back,
    payment_records.BeginFile: payments.begin_file,
    payment_records.EndFile: payments.end_file,
    pinpad_records.AddPinpad: pinpads.add,
    pinpad_records.SetPinpadActive: pinpads.set_active,
    pinpad_records.RemovePinpad: pinpads.remove,
    pinpad_records.HoldPinpad: pinpads.hold,
    pinpad_records.ReleasePinpad: pinpads.release,
    pinpad_records.AcceptOperation: operations.accept,
    pinpad_records.BeginOperation: operations.begin,
    pinpad_records.ReceiveResult: operations.receive,
    pinpad_records.DoubtOperation: operations.doubt,
    pinpad_records.EndOperation: operations.end,
    pinpad_records.ResolveOperation: operations.resolve,
    prro_records.AddPrro: prro.add,
    prro_records.RemovePrro: prro.remove,
    prro_records.ChangePrro: prro.change,
    prro_records.AdoptState: prro.adopt,
    prro_records.StoreDocument: prro.store,
    prro_records.EndDocument: prro.end,
    prro_records.BeginOffline: prro.begin_offline,
    prro_records.SignAgain: prro.sign_again,
    prro_records.EndSession: prro.end_session,
    prro_records.BlockPrro: prro.block,
    sale_records.AcceptSale: sales.accept,
    sale_records.MoveSale: sales.move,
    sale_records.AbortSale: sales.abort,
    sale_records.ResolveSale: sales.resolve,
    site_records.AddSite: sites.add,
    site_records.RenewSite: sites.renew,
    site_records.RevokeSite: sites.revoke,
    site_records.SaveSite: sites.save,
    site_records.BindCircuit: sites.bind,
    site_records.BeginForward: sites.begin_forward,
    site_records.ForwardTaken: sites.forward_taken,
    site_records.ForwardEnded: sites.forward_ended,
    site_records.ApplyCopies: sites.apply_copies,
    site_records.ArchiveReceipts: archive.archive_many,
    site_records.BeginSiteCommand: sites.begin_command,
    site_records.EndSiteCommand: sites.end_command,
    site_records.AdoptCentral: uplink.adopt,
    site_records.FillOutbox: uplink.fill,
    site_records.ForgetOutbox: uplink.forget,
    site_records.BeginLinkCommand: uplink.begin_command,
    site_records.EndLinkCommand: uplink.end_command,
}


def apply(transaction: Transaction, writes: Sequence[Write[Any]]) -> list[object]:
    """Apply the writes in order; answer one result or exception for each.

    Receipts to be accepted that stand next to each other go in as one run, whoever asked for them. Raises what is
    about the database and not about one write.
    """
    answers: list[object] = []
    run: list[Write[Any]] = []
    for write in writes:
        if type(write) is AcceptReceipt or type(write) is AcceptReceipts:
            run.append(write)
            continue
        if run:
            answers += _accept(transaction, run)
            run = []
        answers.append(_one(transaction, write))
    if run:
        answers += _accept(transaction, run)
    uplink.note_moved(transaction)
    transaction.finish()
    return answers


def _one(transaction: Transaction, write: Write[Any]) -> object:
    mark = transaction.begin_write()
    try:
        answer = _HANDLERS[type(write)](transaction, write)
    except Exception as error:
        if not stands_alone(error):
            raise
        transaction.undo_write(mark)
        return unstorable(error) if isinstance(error, UNSTORABLE) else error
    transaction.keep_write()
    return answer


def _accept(transaction: Transaction, run: Sequence[Write[Any]]) -> list[object]:
    receipts: list[AcceptReceipt] = []
    for write in run:
        if isinstance(write, AcceptReceipts):
            receipts += write.receipts
        elif isinstance(write, AcceptReceipt):
            receipts.append(write)
    outcomes = iter(intake.accept(transaction, receipts))
    return [
        [next(outcomes) for _ in write.receipts] if isinstance(write, AcceptReceipts) else next(outcomes)
        for write in run
    ]
