//! Teams, users, memberships, contact methods and notification rules.

use jiff::Timestamp;
use serde_json::json;

use super::{before, nth, put, put_owned, words};
use crate::present::bare;
use crate::store::{Entity, Member, Store};
use crate::times::DAY;

pub(super) fn teams(store: &mut Store) {
    for (name, description) in words::TEAMS {
        let fields = json!({"name": name, "description": description, "default_role": "manager", "parent": null});
        put(store, Entity::Team, fields);
    }
}

/// `Zoë Chevalier` becomes `zoe.chevalier`, without anything odd.
fn mailbox(name: &str) -> String {
    let plain = |letter: char| match letter {
        'ä' | 'á' => 'a',
        'ë' | 'é' => 'e',
        'í' => 'i',
        'ø' | 'ö' => 'o',
        'ń' => 'n',
        ' ' => '.',
        other => other,
    };
    let letters = name.to_lowercase().chars().map(plain).collect::<String>();
    letters.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '.').collect()
}

pub(super) fn users(store: &mut Store, now: Timestamp) {
    for (n, name) in words::PEOPLE.iter().enumerate() {
        let role = match n {
            0 => "owner",
            1..=3 => "admin",
            36 | 37 => "observer",
            38 => "restricted_access",
            39 => "read_only_user",
            _ if n.is_multiple_of(5) => "limited_user",
            _ => "user",
        };
        let zone = words::ZONES.get(n % words::ZONES.len()).copied();
        let fields = json!({
            "name": name,
            "email": format!("{}@lanternway.example", mailbox(name)),
            "time_zone": zone,
            "color": store.rng().pick(words::COLORS),
            "avatar_url": "https://pd-static-assets.pagerduty.com/users/blank-avatar.png",
            "billed": n < 36,
            "role": role,
            "description": if n.is_multiple_of(6) { json!(null) } else { json!(format!("Reachable in the {} office", zone.unwrap_or("UTC"))) },
            "invitation_sent": n % 11 == 7,
            "job_title": store.rng().pick(words::JOBS),
            "created_via_sso": n.is_multiple_of(3),
        });
        let user = put(store, Entity::User, fields);
        match n {
            0 => store.owner.clone_from(&user),
            39 => store.limited.clone_from(&user),
            _ => {}
        }
        contacts(store, &user, n, now);
        let second = (n * 7 + 3) % words::TEAMS.len();
        let first = n % words::TEAMS.len();
        for (team, role) in [(first, if n < 12 { "manager" } else { "responder" }), (second, "observer")] {
            if role == "observer" && (n % 3 != 0 || second == first) {
                continue;
            }
            let team = nth(store, Entity::Team, team);
            store.members.push(Member { team, user: user.clone(), role: role.into() });
        }
    }
}

// Everybody has mail; phone, text, app and the rest come and go, so that each
// kind is there several times.
fn contacts(store: &mut Store, user: &str, n: usize, now: Timestamp) {
    let address = store.get(Entity::User, user).map(|user| user.text("email").to_owned()).unwrap_or_default();
    let phone = format!("55501{:05}", 10_000 + n);
    let mut methods = vec![json!({
        "type": "email_contact_method", "label": "Default", "address": address, "send_short_email": false,
        "send_html_email": true,
    })];
    if n.is_multiple_of(2) {
        methods.push(json!({
            "type": "phone_contact_method", "label": "Mobile", "address": phone, "country_code": 1,
            "blacklisted": false, "enabled": true,
        }));
    }
    if n.is_multiple_of(3) {
        methods.push(json!({
            "type": "sms_contact_method", "label": "Mobile", "address": phone, "country_code": 1,
            "blacklisted": false, "enabled": true,
        }));
    }
    if n.is_multiple_of(4) {
        methods.push(json!({
            "type": "push_notification_contact_method", "label": "Phone", "address": format!("sim-device-{n:04}"),
            "device_type": "ios", "sounds": [{"type": "alert_high_urgency", "file": "default"}],
            "created_at": before(now, 200 * DAY),
        }));
    }
    if n % 13 == 5 {
        methods.push(json!({
            "type": "whatsapp_contact_method", "label": "Work", "address": phone, "country_code": 55,
        }));
    }
    let many = methods.len();
    for (place, method) in methods.into_iter().enumerate() {
        let kind = method["type"].as_str().map(|kind| format!("{kind}_reference"));
        let id = put_owned(store, Entity::ContactMethod, user, method);
        let mut reference = bare(Entity::ContactMethod, &id);
        reference["type"] = json!(kind);
        let urgencies: &[&str] = if place + 1 == many { &["high", "low"] } else { &["high"] };
        for urgency in urgencies {
            let rule = json!({
                "type": "assignment_notification_rule", "start_delay_in_minutes": place * 5,
                "contact_method": reference, "created_at": before(now, 200 * DAY), "urgency": urgency,
            });
            put_owned(store, Entity::NotificationRule, user, rule);
        }
    }
}
