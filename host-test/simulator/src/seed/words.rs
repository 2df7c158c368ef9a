//! The words that names are made of.

pub(super) const ABILITIES: &[&str] = &[
    "advanced_permissions",
    "alert_grouping",
    "audit_trail",
    "coordinated_responding",
    "event_rules",
    "manage_schedules",
    "priorities",
    "read_only_users",
    "response_mobilizer",
    "service_support_hours",
    "status_pages",
    "team_responders",
    "teams",
    "urgencies",
];

pub(super) const PEOPLE: [&str; 40] = [
    "Marta Okonkwo",
    "Jonas Lindqvist",
    "Aiko Tanabe",
    "Rafael Duarte",
    "Leila Haddad",
    "Tomasz Wrona",
    "Ingrid Solheim",
    "Kwame Boateng",
    "Priya Raman",
    "Diego Fuentes",
    "Hanne Vestergaard",
    "Malik Osei",
    "Yuki Morimoto",
    "Clara Baumann",
    "Emre Aydin",
    "Nadia Petrova",
    "Owen Gallagher",
    "Sofia Marchetti",
    "Lukas Hoffer",
    "Amara Nwosu",
    "Bao Tran",
    "Zoë Chevalier",
    "Ivan Horvat",
    "Rosa Delgado",
    "Søren Mikkelsen",
    "Fatima Zahra Idrissi",
    "Caleb Whitford",
    "Mei-Ling Chou",
    "Oskar Järvinen",
    "Thandi Mokoena",
    "Arjun Kapoor",
    "Beatriz Nogueira",
    "Felix Krämer",
    "Noor Rahmani",
    "Patrick O'Dowd",
    "Lucía Herrera",
    "Ruben Castellanos",
    "Ewa Zielińska",
    "Samir Khoury",
    "Grace Abernathy",
];

pub(super) const ZONES: &[&str] =
    &["America/New_York", "Europe/Berlin", "Asia/Tokyo", "America/Sao_Paulo", "Europe/London", "Asia/Kolkata", "UTC"];

pub(super) const JOBS: &[&str] = &[
    "Site Reliability Engineer",
    "Backend Engineer",
    "Platform Engineer",
    "Engineering Manager",
    "Database Administrator",
    "Support Lead",
    "Network Engineer",
    "Data Engineer",
];

pub(super) const COLORS: &[&str] = &["purple", "teal", "red", "green", "dark-slate-grey", "goldenrod", "navy-blue"];

pub(super) const TEAMS: [(&str, &str); 12] = [
    ("Checkout", "Carts, payments and everything up to the receipt"),
    ("Catalogue", "Products, prices and images"),
    ("Search", "Finding things"),
    ("Accounts", "Sign-in, profiles and consent"),
    ("Fulfilment", "From order to parcel"),
    ("Warehouse Systems", "Scanners, stock and robots"),
    ("Data Platform", "Pipelines, lake and reports"),
    ("Infrastructure", "Clusters, networks and DNS"),
    ("Databases", "Everything that must not be lost"),
    ("Mobile", "Both apps and their gateway"),
    ("Customer Care", "Chat, mail and phone tools"),
    ("Security", "Keys, audits and alarms"),
];

pub(super) const PRODUCTS: [&str; 20] = [
    "Checkout",
    "Payments",
    "Catalogue",
    "Pricing",
    "Search",
    "Recommendations",
    "Accounts",
    "Consent",
    "Orders",
    "Shipping",
    "Stock",
    "Returns",
    "Reporting",
    "Event Stream",
    "Edge",
    "Media",
    "Mobile Gateway",
    "Messaging",
    "Fraud",
    "Secrets",
];

pub(super) const PARTS: [&str; 3] = ["API", "Workers", "Database"];

pub(super) const FAULTS: [&str; 24] = [
    "error rate above 5% for 10 minutes",
    "p99 latency over 2 s",
    "disk 92% full on node-{n}",
    "no heartbeat from worker-{n}",
    "replication lag of {n} s",
    "certificate expires in {n} days",
    "queue depth over {n}000",
    "out of memory kill on pod {n}",
    "connection pool exhausted",
    "5xx from upstream bank",
    "health check failing in eu-west-{n}",
    "deploy {n} did not settle",
    "CPU throttled on node-{n}",
    "cache hit ratio below 40%",
    "DNS lookups time out",
    "backup of last night is missing",
    "clock skew of {n} s on host {n}",
    "too many open files",
    "webhook deliveries delayed by {n} minutes",
    "login success rate dropped",
    "index rebuild stuck at {n}%",
    "read-only file system on node-{n}",
    "synthetic purchase failed in {n} regions",
    "message older than {n} minutes in dead letter queue",
];

pub(super) const NOTES: &[&str] = &[
    "Looking at it, graphs show a step at the last deploy.",
    "Rolled back; watching the error rate.",
    "Restarted the stuck consumer, the queue drains.",
    "Vendor confirms an outage on their side.",
    "Same as last week, see the linked review.",
    "Scaled out by four nodes.",
    "False alarm: threshold too tight.",
    "Handing over to the next shift.",
];

/// What must not break a table, a terminal or a spreadsheet. Each goes into
/// the title of an incident.
pub(super) const HOSTILE: &[&str] = &[
    "=HYPERLINK(\"http://example.invalid\",\"pay here\")",
    "Latency \u{1b}[31mRED\u{1b}[0m and a bell \u{7}",
    "Invoice \u{202e}fdp.exe\u{202c} could not be sent",
    "Quotes \"double\" and 'single', commas, and\nline\r\nends\tand tabs",
    "🔥 Checkout is down 👩‍🚒 — tout est cassé — 決済が停止",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "</script><img src=x onerror=alert(1)>",
    "Zero\u{200b}width\u{feff} and nul\u{0} inside",
];

pub(super) const VENDORS: [&str; 24] = [
    "Amberwatch",
    "Beaconry",
    "Cloudgauge",
    "Dialtone Monitor",
    "Emberlog",
    "Flarepoint",
    "Gridsense",
    "Hostpulse",
    "Inkwell Logs",
    "Junctura",
    "Kiteline",
    "Lumenstat",
    "Metricford",
    "Nightjar",
    "Opsprint",
    "Pingwright",
    "Quorumwatch",
    "Runbeam",
    "Statvale",
    "Tracehouse",
    "Uptimber",
    "Vigilmark",
    "Watchgrove",
    "Zonecheck",
];

pub(super) const VENDOR_PRODUCTS: [&str; 5] = ["", "Cloud", "Email", "Synthetics", "Logs"];
