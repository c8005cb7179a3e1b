"""One open journal in a test: writes that must succeed, writes that must not, and a look at what came of them."""

from collections import Counter
from pathlib import Path
from typing import Any, TypeVar

import pytest

from actors.store import Store, StoreReader
from schemas.pinpad_records import OperationFilter
from schemas.records import Conflict, Write
from schemas.rows import ReceiptFilter, StoredReceipt
from tests.kassanet.store.engines import Engine
from tests.kassanet.store.writes import CIRCUIT, circuit, new

Answer = TypeVar("Answer")


class Case:
    """A journal with one circuit in it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.store: Store = engine.store(folder)
        self.reader: StoreReader = engine.reader(folder)
        assert self.do(circuit()) == CIRCUIT, "the same circuit every time: its write is a replay"

    def do(self, write: Write[Answer]) -> Answer:
        """Commit one write alone; raises what it failed with."""
        (answer,) = self.store.commit([write])
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]  # a batch of one is answered by one

    def refused(self, write: Write[Any]) -> Conflict:
        """Commit one write that must conflict and must change nothing."""
        before = self.state()
        with pytest.raises(Conflict) as caught:
            self.do(write)
        assert self.state() == before
        return caught.value

    def accept(self, *external_ids: str) -> list[int]:
        """Accept receipts with these keys; returns their ids."""
        return [self.do(new(external_id)).receipt_id for external_id in external_ids]

    def receipt(self, receipt_id: int) -> StoredReceipt:
        found = self.reader.receipt(receipt_id)
        assert found is not None
        return found

    def reopen(self) -> None:
        """Close everything and open it again, as a restart does."""
        self.close()
        self.store = self.engine.store(self.folder)
        self.reader = self.engine.reader(self.folder)

    def state(self) -> list[object]:
        """Everything that a reader can see."""
        reader = self.reader
        receipts = reader.receipts(ReceiptFilter(limit=10_000))
        histories = [reader.history(receipt.id) for receipt in receipts]
        notices = [reader.callbacks_of(receipt.id) for receipt in receipts]
        return [
            receipts, histories, notices, reader.open_attempts(), reader.circuits(), reader.kkts(),
            reader.integrations(), reader.tokens(), reader.counts(), reader.pinpads(),
            reader.operations(OperationFilter(limit=10_000)), [reader.pinpad_holds(row.id) for row in reader.pinpads()],
            reader.prros(), [reader.prro_documents_since(row.id, 0) for row in reader.prros()],
            reader.cashiers(), reader.cashier_tokens(0),
        ]  # fmt: skip

    def check(self) -> None:
        """What must hold whatever was written."""
        receipts = self.reader.receipts(ReceiptFilter(limit=10_000))
        assert self.reader.counts() == dict(Counter(receipt.status for receipt in receipts))
        queued = [receipt.id for receipt in receipts if receipt.status == "queued"]
        depths = [self.reader.queue_depth(circuit.id) for circuit in self.reader.circuits()]
        assert sum(depths) == len(queued)
        documents = [(receipt.fiscal.fn, receipt.fiscal.fd) for receipt in receipts if receipt.fiscal]
        assert len(documents) == len(set(documents))
        in_hand = {receipt.id for receipt in receipts if receipt.status in ("assigned", "unknown")}
        sent = (sent for site in self.reader.sites() for sent in self.reader.open_forwards(site.id, 0, 10_000))
        at_sites = {forward.receipt_id for forward in sent}
        attempted = {attempt.receipt_id for attempt in self.reader.open_attempts()}
        assert in_hand - at_sites == attempted
        for receipt in receipts:
            self._check_history(receipt)

    def _check_history(self, receipt: StoredReceipt) -> None:
        assert (receipt.fiscal is not None) == (receipt.status == "fiscalized")
        assert receipt.window is None or receipt.status == "manual"
        if receipt.body:
            lines = self.reader.history(receipt.id)
            assert [line.revision for line in lines] == list(range(1, receipt.revision + 1))
            assert lines[-1].status == receipt.status

    def close(self) -> None:
        self.reader.close()
        self.store.close()
