-- How many documents of software registers there are, kept as they change: monitoring asks every few seconds, for years.
-- ``code`` is what the tax service refused them with, 0 for the others.

CREATE TABLE prro_document_counts (
    kind      TEXT NOT NULL,
    status    TEXT NOT NULL,
    code      INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    PRIMARY KEY (kind, status, code)
) STRICT, WITHOUT ROWID;
INSERT INTO prro_document_counts
    SELECT kind, status, coalesce(code, 0), count(*) FROM prro_documents GROUP BY 1, 2, 3;

CREATE TRIGGER prro_documents_counted AFTER INSERT ON prro_documents BEGIN
    INSERT INTO prro_document_counts VALUES (new.kind, new.status, coalesce(new.code, 0), 1)
        ON CONFLICT DO UPDATE SET documents = documents + 1;
END;

CREATE TRIGGER prro_documents_recounted AFTER UPDATE OF status, code ON prro_documents
WHEN old.status <> new.status OR old.code IS NOT new.code BEGIN
    UPDATE prro_document_counts SET documents = documents - 1
        WHERE kind = old.kind AND status = old.status AND code = coalesce(old.code, 0);
    INSERT INTO prro_document_counts VALUES (new.kind, new.status, coalesce(new.code, 0), 1)
        ON CONFLICT DO UPDATE SET documents = documents + 1;
END;
