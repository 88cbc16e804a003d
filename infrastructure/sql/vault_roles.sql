-- Who may do what in the vault database.
GRANT SELECT, INSERT, UPDATE, DELETE ON subject_keys, objects TO kinline_vault;
GRANT SELECT ON kinline_schema TO kinline_vault;
