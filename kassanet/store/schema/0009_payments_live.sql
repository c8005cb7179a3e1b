-- The newest payments of one organisation, for whoever of it begins to watch; and those that wait for their receipt.

CREATE INDEX payments_by_inn ON payments (inn, id);
CREATE INDEX payments_waiting ON payments (receipt, id) WHERE credit = 'waiting';
