-- What the log database has beside the library's tables for tagged events.

-- The leaf of the Merkle tree over the log, fixed with the bytes it is made of.
ALTER TABLE dcb_events_tt_main
    ALTER COLUMN data SET NOT NULL,
    ADD COLUMN leaf bytea NOT NULL GENERATED ALWAYS AS (sha256('\x00'::bytea || data)) STORED;

-- A tag row and its event are written by one statement of one function, the only way in; looking each
-- event up again for every tag would cost a third of all appends. `kinline fsck` compares both.
ALTER TABLE dcb_events_tt_tag
    DROP CONSTRAINT dcb_events_tt_tag_main_id_fkey,
    ALTER COLUMN tag SET NOT NULL,
    ALTER COLUMN main_id SET NOT NULL;

CREATE FUNCTION kinline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append only: % on %', tg_op, tg_table_name USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER kinline_no_change BEFORE UPDATE OR DELETE ON dcb_events_tt_main
    FOR EACH ROW EXECUTE FUNCTION kinline_refuse();
CREATE TRIGGER kinline_no_truncate BEFORE TRUNCATE ON dcb_events_tt_main
    FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse();
CREATE TRIGGER kinline_no_change BEFORE UPDATE OR DELETE ON dcb_events_tt_tag
    FOR EACH ROW EXECUTE FUNCTION kinline_refuse();
CREATE TRIGGER kinline_no_truncate BEFORE TRUNCATE ON dcb_events_tt_tag
    FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse();

-- ALWAYS: also for a session that calls itself a replica.
ALTER TABLE dcb_events_tt_main ENABLE ALWAYS TRIGGER kinline_no_change, ENABLE ALWAYS TRIGGER kinline_no_truncate;
ALTER TABLE dcb_events_tt_tag ENABLE ALWAYS TRIGGER kinline_no_change, ENABLE ALWAYS TRIGGER kinline_no_truncate;

ALTER FUNCTION kinline_append(dcb_query_item_tt[], bigint, dcb_event_tt[])
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

-- Many independent appends in one transaction: a position for each, or NULL where its boundary moved,
-- so that one conflict does not undo its neighbours.
CREATE TYPE kinline_request AS (items dcb_query_item_tt[], after bigint, events dcb_event_tt[]);

CREATE FUNCTION kinline_append_all(requests kinline_request[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    request public.kinline_request;
    last bigint;
    positions bigint[] := '{}';
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'an older snapshot would not see what entered the boundary';
    END IF;
    FOREACH request IN ARRAY requests LOOP
        last := NULL;
        SELECT k INTO last FROM public.kinline_append(request.items, request.after, request.events) k;
        positions := positions || last;
    END LOOP;
    RETURN positions;
END $$;

-- Answers to commands, so that one sent twice is answered twice. `answer` is ciphertext under the key of
-- the person who asked.
CREATE TABLE idempotency (
    key uuid PRIMARY KEY,
    body_digest bytea NOT NULL,
    status integer, -- NULL while the first request is being answered
    answer jsonb,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_at ON idempotency (at);

-- Deadlines. No rule waits for them: a decision compares times by itself.
CREATE TABLE due (
    id uuid PRIMARY KEY,
    due_at timestamptz NOT NULL,
    command text NOT NULL,
    body jsonb NOT NULL,
    done timestamptz
);
CREATE INDEX due_next ON due (due_at) WHERE done IS NULL;

-- Who is signed in. The token itself is known to the browser alone.
CREATE TABLE sessions (
    digest bytea PRIMARY KEY, -- SHA-256 of the token
    login uuid NOT NULL UNIQUE, -- by which events name this sign-in
    kind text NOT NULL CHECK (kind IN ('login', 'seat', 'link')), -- link: to be exchanged for a seat, once at a time
    person text NOT NULL,
    role text NOT NULL,
    prison text,
    call text, -- of a seat or a link
    side text,
    created timestamptz NOT NULL,
    seen timestamptz NOT NULL,
    idle_s integer, -- over when not seen for so long; NULL: only `expires` ends it
    expires timestamptz NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);

-- How far each version of each read model has come.
CREATE TABLE projections (
    schema text PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'building' CHECK (status IN ('building', 'live', 'stopped', 'retired')),
    error text,
    updated timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX projections_live ON projections (name) WHERE status IN ('live', 'stopped');

-- Events that a dashboard could not take in; it went on without them and says so.
CREATE TABLE parked (
    schema text NOT NULL,
    position bigint NOT NULL,
    error text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schema, position)
);

-- How far the tasks that follow the log have come: reactions, and whoever tells the media workers.
CREATE TABLE followers (
    name text PRIMARY KEY,
    position bigint NOT NULL
);
