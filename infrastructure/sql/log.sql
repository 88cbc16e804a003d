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

-- Many independent appends in one transaction. `after` has one position for each request; conditions and
-- events name their request by its place in that array, and their lists are joined by the separator U+001F.
-- Returns a position for each request, or NULL where something entered its boundary behind `after`, so
-- that one conflict does not undo its neighbours. A later request sees the events of an earlier one.
CREATE FUNCTION kinline_append_all(
    after bigint[],
    item_request integer[], item_types text[], item_tags text[],
    event_request integer[], event_type text[], event_data bytea[], event_tags text[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- A plan made while the log was small must not scan it when it has grown.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
AS $$
DECLARE
    moved integer[];
    kept integer[];
    ids bigint[];
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'an older snapshot would not see what entered the boundary';
    END IF;
    SET LOCAL lock_timeout = '{lock_timeout}s';
    PERFORM pg_advisory_xact_lock({append_lock});

    -- Does an event of one request carry a tag that a later one asks about? Then they go one after the other.
    PERFORM FROM (
        SELECT unnest(string_to_array(e.tags, E'\x1f')) AS tag, e.request AS writes, NULL AS asks
        FROM unnest(event_request, event_tags) AS e (request, tags)
        UNION ALL
        SELECT unnest(string_to_array(i.tags, E'\x1f')), NULL, i.request
        FROM unnest(item_request, item_tags) AS i (request, tags)
    ) AS tagged
    GROUP BY tag HAVING min(writes) < max(asks);
    IF FOUND THEN
        RETURN public.kinline_append_each(
            after, item_request, item_types, item_tags, event_request, event_type, event_data, event_tags
        );
    END IF;

    SELECT coalesce(array_agg(i.request), '{}') INTO moved
    FROM (
        SELECT request, string_to_array(types, E'\x1f') AS types, string_to_array(tags, E'\x1f') AS tags
        FROM unnest(item_request, item_types, item_tags) AS item (request, types, tags)
        OFFSET 0
    ) AS i
    WHERE EXISTS (
        SELECT FROM public.dcb_events_tt_tag t JOIN public.dcb_events_tt_main m ON m.id = t.main_id
        WHERE t.tag = i.tags[1] AND t.main_id > after[i.request]
          AND (i.types = '{}' OR m.type = ANY (i.types)) AND m.tags @> i.tags
    );

    WITH new AS (
        INSERT INTO public.dcb_events_tt_main (type, data, tags)
        SELECT e.type, e.data, string_to_array(e.tags, E'\x1f')
        FROM unnest(event_request, event_type, event_data, event_tags)
             WITH ORDINALITY AS e (request, type, data, tags, place)
        WHERE e.request <> ALL (moved)
        ORDER BY e.place
        RETURNING id, tags
    ), tagged AS (
        INSERT INTO public.dcb_events_tt_tag (tag, main_id) SELECT unnest(tags), id FROM new
    )
    SELECT array_agg(id ORDER BY id) INTO ids FROM new;

    IF ids IS NOT NULL THEN
        NOTIFY {channel};
    END IF;
    SELECT array_agg(e.request ORDER BY e.place) INTO kept
    FROM unnest(event_request) WITH ORDINALITY AS e (request, place) WHERE e.request <> ALL (moved);
    RETURN (
        SELECT array_agg((SELECT max(k.id) FROM unnest(kept, ids) AS k (request, id) WHERE k.request = r) ORDER BY r)
        FROM generate_subscripts(after, 1) AS r
    );
END $$;

-- The same, one request after the other, each by the library's own condition.
CREATE FUNCTION kinline_append_each(
    after bigint[],
    item_request integer[], item_types text[], item_tags text[],
    event_request integer[], event_type text[], event_data bytea[], event_tags text[]
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last bigint;
    positions bigint[] := '{}';
BEGIN
    FOR r IN 1 .. cardinality(after) LOOP
        last := NULL;
        SELECT k INTO last FROM public.kinline_append(
            ARRAY(
                SELECT ROW(string_to_array(i.types, E'\x1f'), string_to_array(i.tags, E'\x1f'))::public.dcb_query_item_tt
                FROM unnest(item_request, item_types, item_tags) AS i (request, types, tags) WHERE i.request = r
            ),
            after[r],
            ARRAY(
                SELECT ROW(e.type, e.data, string_to_array(e.tags, E'\x1f'))::public.dcb_event_tt
                FROM unnest(event_request, event_type, event_data, event_tags)
                     WITH ORDINALITY AS e (request, type, data, tags, place)
                WHERE e.request = r ORDER BY e.place
            )
        ) k;
        positions := positions || last;
    END LOOP;
    RETURN positions;
END $$;

-- The facts of a boundary in order, and the head of the log, in the snapshot of the calling statement: a
-- head newer than the facts would let a conflict through. Without facts one row tells the head alone.
CREATE FUNCTION kinline_read(item_types text[], item_tags text[], OUT head bigint, OUT id bigint, OUT data bytea)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
AS $$
BEGIN
    RETURN QUERY
    WITH item AS (
        SELECT string_to_array(i.types, E'\x1f') AS types, string_to_array(i.tags, E'\x1f') AS tags
        FROM unnest(item_types, item_tags) AS i (types, tags)
        OFFSET 0
    ), fact AS (
        SELECT DISTINCT ON (m.id) m.id, m.data
        FROM item i
        JOIN public.dcb_events_tt_tag t ON t.tag = i.tags[1]
        JOIN public.dcb_events_tt_main m ON m.id = t.main_id
        WHERE (i.types = '{}' OR m.type = ANY (i.types)) AND m.tags @> i.tags
        ORDER BY m.id
    )
    SELECT log.head, fact.id, fact.data
    FROM (SELECT coalesce(max(m.id), 0) AS head FROM public.dcb_events_tt_main m) AS log LEFT JOIN fact ON true
    ORDER BY fact.id;
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

-- Messages that are not settled yet. What was planned, sent and told of them is in the log; here stands only
-- when each is looked at next, and whether an attempt was begun of which nobody noted the end.
CREATE TABLE outbox (
    notification text PRIMARY KEY,
    position bigint NOT NULL, -- of its plan: one person's messages of one way go out in this order
    person text NOT NULL,
    channel text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL
);
CREATE INDEX outbox_next ON outbox (next_at);
CREATE INDEX outbox_order ON outbox (person, channel, position);

-- The local mailbox: messages as ciphertext under the key of whom they are for.
CREATE TABLE mailbox (
    notification uuid PRIMARY KEY,
    person text NOT NULL,
    at timestamptz NOT NULL,
    message jsonb NOT NULL
);
CREATE INDEX mailbox_of ON mailbox (person, at);

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

-- Programs of neighbouring systems that may act here. The token itself is known to the program alone.
CREATE TABLE service_tokens (
    digest bytea PRIMARY KEY, -- SHA-256 of the token
    token uuid NOT NULL UNIQUE, -- by which events name it, and by which it is revoked
    service text NOT NULL, -- the random id of whoever acts
    label text NOT NULL, -- what the operator calls it
    role text NOT NULL,
    prison text, -- NULL: every prison
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    revoked timestamptz,
    seen timestamptz
);

-- How far the sender of webhooks has come with each. What was decided about a webhook is in the log.
CREATE TABLE webhook_deliveries (
    subscription text PRIMARY KEY,
    position bigint NOT NULL, -- everything up to here was delivered, or is not for it
    replay text, -- the last replay that was followed
    failures integer NOT NULL,
    failing_since timestamptz,
    next_attempt timestamptz,
    last_error text,
    last_delivered timestamptz
);

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
