//! What the account's plan can do.

use serde_json::json;

use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::Store;

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/abilities", "abilities.read", list),
    Route::new("GET", "/abilities/{id}", "abilities.read", test),
];

/// Abilities that exist but that the seeded account did not pay for.
const NOT_BOUGHT: &[&str] = &["extended_reporting", "phone_tree", "sso_enforcement"];

fn list(store: &mut Store, _: &Call) -> Answer {
    Ok(Reply::json(200, &json!({"abilities": store.abilities})))
}

// 204 has it, 402 could be bought, 404 is no ability.
fn test(store: &mut Store, call: &Call) -> Answer {
    let wanted = call.id(0);
    if store.abilities.contains(&wanted) {
        return Ok(Reply::empty(204));
    }
    if NOT_BOUGHT.contains(&wanted) {
        let problem = format!("Account does not have the ability {wanted}");
        return Err(errors::error(402, 2012, "Account does not have the abilities to perform the action", &[problem]));
    }
    Err(errors::not_found())
}
