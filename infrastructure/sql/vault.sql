-- The vault: keys of subjects, and objects sealed under them. Apart from the log, with a role of its own.

-- A destroyed key leaves its row without the key, so that its number is never given again.
CREATE TABLE subject_keys (
    subject text NOT NULL,
    purpose text NOT NULL,
    number integer NOT NULL,
    wrapped bytea, -- under the key of the data folder; NULL once destroyed
    commitment text NOT NULL,
    made timestamptz NOT NULL DEFAULT now(),
    destroyed timestamptz,
    PRIMARY KEY (subject, purpose, number)
);
CREATE UNIQUE INDEX subject_keys_current ON subject_keys (subject, purpose) WHERE wrapped IS NOT NULL;

CREATE TABLE objects (
    reference text NOT NULL,
    subject text NOT NULL,
    purpose text NOT NULL,
    kind text NOT NULL,
    key integer NOT NULL, -- number of the subject's key under which `wrapped` is
    wrapped bytea NOT NULL, -- the object's own key
    content bytea NOT NULL, -- nonce (12 bytes), ciphertext, tag
    made timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reference, subject, purpose)
);
ALTER TABLE objects ALTER COLUMN content SET STORAGE EXTERNAL; -- ciphertext does not compress
CREATE INDEX objects_subject ON objects (subject, purpose);
