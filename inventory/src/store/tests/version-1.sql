-- A store of version 1 after two scans: P1 was renamed, P2 is gone.
INSERT INTO store (one, key_check) VALUES (1, '0123456789abcdef');
INSERT INTO account (nickname, identity, complete, complete_at, whole_from)
    VALUES ('acme', 'acme.example.test', 2, 1800000060000, 0);
INSERT INTO scan (account, source, state, view, wide, kinds, settings, cursor, steps, started, updated, owner, lease)
    VALUES (1, 'scan', 'complete', 'account', 1, '["service"]', '{}', NULL, 1, 1800000000000, 1800000000000, 'x', 0);
INSERT INTO scan (account, source, state, view, wide, kinds, settings, cursor, steps, started, updated, owner, lease)
    VALUES (1, 'scan', 'complete', 'account', 1, '["service"]', '{}', NULL, 1, 1800000060000, 1800000060000, 'y', 0);
INSERT INTO scan_kind (scan, kind, seen, added, changed, gone) VALUES (1, 'service', 2, 2, 0, 0);
INSERT INTO scan_kind (scan, kind, seen, added, changed, gone) VALUES (2, 'service', 1, 0, 1, 1);
INSERT INTO asset (key, account, kind, id, hash, since, there, seen, seen_at, view)
    VALUES (1, 1, 'service', 'P1', '02', 2, 1, 2, 1800000060000, 'account');
INSERT INTO asset (key, account, kind, id, hash, since, there, seen, seen_at, view)
    VALUES (2, 1, 'service', 'P2', '03', 1, 0, 1, 1800000000000, 'account');
INSERT INTO version (asset, since, since_at, hash, name, url, attributes, relations, last, last_at, until, until_at)
    VALUES (1, 1, 1800000000000, '01', 'Check-out', NULL, '{"a":1}', '[]', 1, 1800000000000, 2, 1800000060000);
INSERT INTO version (asset, since, since_at, hash, name, url, attributes, relations, last, last_at, until, until_at)
    VALUES (1, 2, 1800000060000, '02', 'Checkout', NULL, '{"a":1}',
        '[{"name":"in","kind":"team","id":"T1"}]', NULL, NULL, NULL, NULL);
INSERT INTO version (asset, since, since_at, hash, name, url, attributes, relations, last, last_at, until, until_at)
    VALUES (2, 1, 1800000000000, '03', 'Search', NULL, '{}', '[]', 1, 1800000000000, 2, 1800000060000);
INSERT INTO edge (asset, since, name, kind, id) VALUES (1, 2, 'in', 'team', 'T1');
