-- A version is what an asset was from scan `since` on, up to scan `until`, which
-- found it otherwise or gone. The state as of scan N of an account is every version with
-- since <= N and (until is null or until > N). Readers take N from `account.complete`,
-- so what an unfinished scan stores is not seen before its last step.
-- Moments are milliseconds since 1970.

-- Tells a store from any other database (`PDin`).
PRAGMA application_id = 1346660718;

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- Tells whether a key is the one the fingerprints were made with.
    key_check TEXT NOT NULL
);

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    nickname TEXT NOT NULL UNIQUE,
    -- Subdomain or id: the account that filled it.
    identity TEXT NOT NULL,
    -- The last complete scan, and when it was completed.
    complete BIGINT,
    complete_at BIGINT,
    -- The history is whole from this scan on.
    whole_from BIGINT NOT NULL DEFAULT 0
);

-- AUTOINCREMENT: a number is never used twice, it tells the order of history.
CREATE TABLE scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    view TEXT NOT NULL,
    wide BIGINT NOT NULL,
    -- Ids of kinds in order, a JSON list.
    kinds TEXT NOT NULL,
    settings TEXT NOT NULL,
    cursor TEXT,
    steps BIGINT NOT NULL,
    started BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    -- Who holds it, and until when.
    owner TEXT NOT NULL,
    lease BIGINT NOT NULL
);
CREATE UNIQUE INDEX scan_unfinished ON scan (account) WHERE state = 'unfinished';
CREATE INDEX scan_account ON scan (account, id);

CREATE TABLE scan_kind (
    scan BIGINT NOT NULL,
    kind TEXT NOT NULL,
    seen BIGINT NOT NULL DEFAULT 0,
    added BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 0,
    gone BIGINT NOT NULL DEFAULT 0,
    -- Why it was left out, if it was.
    reason TEXT,
    message TEXT,
    PRIMARY KEY (scan, kind)
) WITHOUT ROWID;

-- Narrow, since a scan that finds nothing new writes a line of it for each asset.
CREATE TABLE asset (
    key INTEGER PRIMARY KEY,
    account BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    -- Of the newest version, an unfinished scan's included.
    hash TEXT NOT NULL,
    since BIGINT NOT NULL,
    there BIGINT NOT NULL,
    -- When, and with which view, it was last seen.
    seen BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    view TEXT NOT NULL,
    UNIQUE (account, kind, id)
);

CREATE TABLE version (
    asset BIGINT NOT NULL,
    since BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT,
    -- JSON as text: numbers and the order of keys stay as the provider has them.
    attributes TEXT NOT NULL,
    relations TEXT NOT NULL,
    -- When it was last seen so; of an open version the asset says it.
    last BIGINT,
    last_at BIGINT,
    until BIGINT,
    until_at BIGINT,
    UNIQUE (asset, since)
);
CREATE INDEX version_since ON version (since);

-- The relations of versions of complete scans, to be found from their other end.
CREATE TABLE edge (
    asset BIGINT NOT NULL,
    since BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (asset, since, name, kind, id)
) WITHOUT ROWID;
CREATE INDEX edge_to ON edge (kind, id);
