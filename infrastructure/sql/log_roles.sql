-- Who may do what in the log database.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;

GRANT SELECT ON dcb_events_tt_main, dcb_events_tt_tag, kinline_schema TO kinline_app, kinline_projector;

GRANT EXECUTE ON FUNCTION kinline_read(text[], text[]) TO kinline_app, kinline_projector;
GRANT EXECUTE ON FUNCTION kinline_append(dcb_query_item_tt[], bigint, dcb_event_tt[]) TO kinline_app;
GRANT EXECUTE ON FUNCTION kinline_append_all(
    bigint[], integer[], text[], text[], integer[], text[], bytea[], text[]
) TO kinline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    idempotency, due, outbox, mailbox, sessions, followers, service_tokens, webhook_deliveries TO kinline_app;
GRANT SELECT ON projections, parked TO kinline_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON projections, parked TO kinline_projector;
