//! Built-in functions that rules do not get as they are.
//!
//! Rule: nothing of the outside is reached (clock, time zone of the machine, chance),
//! and no single step makes more than `Limits` lets it: between steps regorus looks
//! at time and memory itself, inside one it cannot.

use regorus::{Engine, Value};

use super::limits::Limits;

/// Functions that are refused wherever they are called, and what would do instead.
/// (`print` and `trace` say nothing to anyone.)
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("http.send", "rules have no network; what they need to know is in data.inventory"),
    ("net.lookup_ip_addr", "rules have no network; what they need to know is in data.inventory"),
    ("opa.runtime", "rules have no environment; settings go into pack.toml, and come as data.params"),
    ("rand.intn", "a rule finds the same in every check: there is no chance"),
    (
        "uuid.rfc4122",
        "a rule finds the same in every check: there is no chance; findings get their fingerprint by themselves",
    ),
];

/// What is wrong with the arguments of a call, if anything is.
type Judge = fn(&[Value], &Limits) -> Result<(), String>;

/// Functions whose arguments are looked at first.
const GUARDED: &[(&str, u8, Judge)] = &[
    ("concat", 2, joined),
    ("format_int", 2, weighed),
    ("json.marshal", 1, weighed),
    ("json.marshal_with_options", 2, indented),
    ("yaml.marshal", 1, indented),
    ("numbers.range", 2, ranged),
    ("numbers.range_step", 3, ranged),
    ("bits.lsh", 2, shifted),
    ("regex.replace", 3, matched),
    ("replace", 3, replaced),
    ("sprintf", 2, formatted),
    ("strings.replace_n", 2, replaced_by_table),
    ("time.add_date", 4, zoned),
    ("time.clock", 1, zoned),
    ("time.date", 1, zoned),
    ("time.diff", 2, zoned),
    ("time.format", 1, zoned),
    ("time.weekday", 1, zoned),
];

/// Puts the guards into an engine. `now_ns` is what `time.now_ns()` answers.
///
/// # Errors
/// What regorus says of the functions that stand behind; none are known.
pub(super) fn install(engine: &mut Engine, limits: &Limits, now_ns: i64) -> Result<(), String> {
    let mut behind = Engine::new();
    behind.set_strict_builtin_errors(false);
    let text: String = GUARDED
        .iter()
        .map(|(name, arity, _)| {
            let arguments: Vec<String> = (0..*arity).map(|at| format!("input[{at}]")).collect();
            format!("{} := {name}({})\n", rule_of(name), arguments.join(", "))
        })
        .collect();
    behind.add_policy("guard.rego".into(), format!("package guard\n{text}")).map_err(|error| error.to_string())?;

    for (name, arity, judge) in GUARDED {
        let (mut behind, limits, judge) = (behind.clone(), limits.clone(), *judge);
        let (name, rule) = (*name, format!("data.guard.{}", rule_of(name)));
        let call = move |arguments: Vec<Value>| {
            judge(&arguments, &limits).map_err(|why| Refused(format!("{name} refused: {why}")))?;
            behind.set_input(arguments.into());
            behind.eval_rule(rule.clone())
        };
        engine.add_extension(name.into(), *arity, Box::new(call)).map_err(|error| error.to_string())?;
    }
    for (name, why) in REFUSED {
        // Known by name so that a rule that is never reached does no harm; `calls` says it before anything runs.
        let call = move |_: Vec<Value>| Err(Refused(format!("{name} refused: {why}")).into());
        engine.add_extension((*name).into(), 1, Box::new(call)).map_err(|error| error.to_string())?;
    }
    let now = move |_: Vec<Value>| Ok(Value::from(now_ns));
    engine.add_extension("time.now_ns".into(), 0, Box::new(now)).map_err(|error| error.to_string())
}

fn rule_of(name: &str) -> String {
    name.replace('.', "_")
}

#[derive(Debug)]
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// `Local` is the machine's time zone.
fn zoned(arguments: &[Value], _: &Limits) -> Result<(), String> {
    let local = |argument: &Value| matches!(argument, Value::Array(parts) if matches!(parts.get(1), Some(Value::String(zone)) if zone.as_ref() == "Local"));
    if arguments.iter().any(local) {
        return Err("a rule knows no time zone of the machine; name one, such as \"Europe/Berlin\"".into());
    }
    Ok(())
}

fn ranged(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    let number = |at: usize| arguments.get(at).and_then(|value| value.as_i64().ok());
    let (Some(first), Some(last)) = (number(0), number(1)) else { return whole(arguments) };
    let step = number(2).unwrap_or(1).unsigned_abs().max(1);
    let items = first.abs_diff(last) / step;
    if items >= limits.items as u64 {
        return Err(format!("it would make {items} numbers, more than {}", limits.items));
    }
    Ok(())
}

/// Numbers that fit no 64 bits would make ranges without end.
fn whole(arguments: &[Value]) -> Result<(), String> {
    if arguments.iter().any(|value| matches!(value, Value::Number(_)) && value.as_i64().is_err()) {
        return Err("a number beyond 64 bits, or a fraction".into());
    }
    Ok(())
}

fn shifted(arguments: &[Value], _: &Limits) -> Result<(), String> {
    match arguments.get(1) {
        Some(Value::Number(by)) if by.as_i64().is_none_or(|by| by > 4096) => Err("by more than 4,096 bits".into()),
        _ => Ok(()),
    }
}

fn joined(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    let (between, parts) = match arguments {
        [Value::String(between), Value::Array(parts)] => (between.len(), parts.len()),
        [Value::String(between), Value::Set(parts)] => (between.len(), parts.len()),
        _ => (0, 0),
    };
    fits(between.saturating_mul(parts), limits)?;
    weighed(arguments, limits)
}

/// Bytes that a value has as text, shared parts as often as they come.
fn weighed(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    let mut room = limits.text_bytes;
    if arguments.iter().all(|value| weigh(value, &mut room).is_some()) {
        return Ok(());
    }
    Err(format!("it would make more than {} bytes of text", limits.text_bytes))
}

/// Indentation multiplies by the depth, which `nesting` of the values bounds to what JSON can have.
fn indented(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    weighed(arguments, &Limits { text_bytes: limits.text_bytes / 16, ..limits.clone() })
}

fn weigh(value: &Value, room: &mut usize) -> Option<()> {
    let own = match value {
        Value::String(text) => text.len() + 2,
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().map_or(usize::MAX, |_| 25), |_| 20),
        Value::Undefined | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Set(_) | Value::Object(_) => 6,
    };
    *room = room.checked_sub(own)?;
    match value {
        Value::Array(list) => list.iter().try_for_each(|item| weigh(item, room)),
        Value::Set(set) => set.iter().try_for_each(|item| weigh(item, room)),
        Value::Object(object) => {
            object.iter().try_for_each(|(key, item)| weigh(key, room).and_then(|()| weigh(item, room)))
        }
        Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(()),
    }
}

fn formatted(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    if let Some(Value::String(format)) = arguments.first() {
        let mut rest = format.as_ref();
        while let Some((_, after)) = rest.split_once('%') {
            if let Some(other) = after.strip_prefix('%') {
                rest = other;
                continue;
            }
            let width = after.find(|c: char| !c.is_numeric() && c != '.').map_or(after, |end| &after[..end]);
            if width.len() > 3 || !width.is_ascii() {
                return Err(format!("the width {width} in its format; at most three characters would do"));
            }
            rest = after;
        }
        // Each verb may be padded to its width.
        fits(format.matches('%').count().saturating_mul(999), limits)?;
    }
    weighed(arguments, limits)
}

/// `regex.replace(text, pattern, with)`: matches come no more often than the text has bytes, plus one.
fn matched(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    let [Value::String(text), Value::String(_), Value::String(with)] = arguments else { return Ok(()) };
    fits(text.len().saturating_add(1).saturating_mul(with.len().max(1)), limits)
}

/// `replace(text, old, with)`.
fn replaced(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    let [Value::String(text), Value::String(old), Value::String(with)] = arguments else { return Ok(()) };
    fits(replaced_bytes(text, old, with), limits)
}

/// `strings.replace_n(table, text)`: one after the other, each can make the text longer for the next.
fn replaced_by_table(arguments: &[Value], limits: &Limits) -> Result<(), String> {
    let [Value::Object(table), Value::String(text)] = arguments else { return Ok(()) };
    let mut text = text.to_string();
    for (old, with) in table.iter_sorted() {
        let (Value::String(old), Value::String(with)) = (old, with) else { return Ok(()) };
        fits(replaced_bytes(&text, old, with), limits)?;
        text = text.replace(old.as_ref(), with);
    }
    Ok(())
}

fn replaced_bytes(text: &str, old: &str, with: &str) -> usize {
    text.matches(old).count().saturating_mul(with.len()).saturating_add(text.len())
}

fn fits(bytes: usize, limits: &Limits) -> Result<(), String> {
    if bytes > limits.text_bytes {
        return Err(format!("it could make {bytes} bytes of text, more than {}", limits.text_bytes));
    }
    Ok(())
}
