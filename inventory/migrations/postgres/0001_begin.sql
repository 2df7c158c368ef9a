-- A version is what an asset was from scan `since` on, up to scan `until`, which
-- found it otherwise or gone. The state as of scan N of an account is every version with
-- since <= N and (until is null or until > N). Readers take N from `account.complete`,
-- so what an unfinished scan stores is not seen before its last step.
-- Moments are milliseconds since 1970. COLLATE "C": order and case are those of SQLite.

CREATE TABLE store (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    -- Tells whether a key is the one the fingerprints were made with.
    key_check TEXT COLLATE "C" NOT NULL
);

CREATE TABLE account (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nickname TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Subdomain or id: the account that filled it.
    identity TEXT COLLATE "C" NOT NULL,
    -- The last complete scan, and when it was completed.
    complete BIGINT,
    complete_at BIGINT,
    -- The history is whole from this scan on.
    whole_from BIGINT NOT NULL DEFAULT 0
);

-- IDENTITY: a number is never used twice, it tells the order of history.
CREATE TABLE scan (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    view TEXT COLLATE "C" NOT NULL,
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
    kind TEXT COLLATE "C" NOT NULL,
    seen BIGINT NOT NULL DEFAULT 0,
    added BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 0,
    gone BIGINT NOT NULL DEFAULT 0,
    -- Why it was left out, if it was.
    reason TEXT COLLATE "C",
    message TEXT,
    PRIMARY KEY (scan, kind)
);

CREATE SEQUENCE asset_keys;

-- Narrow, since a scan that finds nothing new writes a line of it for each asset.
CREATE TABLE asset (
    key BIGINT PRIMARY KEY,
    account BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- Of the newest version, an unfinished scan's included.
    hash TEXT NOT NULL,
    since BIGINT NOT NULL,
    there BIGINT NOT NULL,
    -- When, and with which view, it was last seen.
    seen BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    view TEXT COLLATE "C" NOT NULL,
    UNIQUE (account, kind, id)
);

CREATE TABLE version (
    asset BIGINT NOT NULL,
    since BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    hash TEXT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C",
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
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (asset, since, name, kind, id)
);
CREATE INDEX edge_to ON edge (kind, id);
