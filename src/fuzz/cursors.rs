//! Any text as a cursor, and cursors of any state.
//!
//! Rule: what is taken is written again to the letter, within 4 KiB; what is not
//! is refused without being repeated.

use super::{chosen, harmless, headed, text};
use crate::arguments::fnv;
use crate::catalog::Pages;
use crate::feed::Feed;
use crate::paging::{Cursor, Known, Position, decode, encode, start};
use crate::windows::Cuts;

pub(super) fn hold(input: &[u8]) {
    let (id, rest) = headed(input);
    let operation = chosen(&id, |operation| operation.pages != Pages::None);
    let given = text(rest);
    // The digests that this cursor says it goes with, so that they do.
    let digest = |place| given.split(':').nth(place).and_then(|part| u64::from_str_radix(part, 16).ok()).unwrap_or(0);
    let (arguments, account) = (digest(2), digest(3));
    match decode(operation.id, arguments, account, &given) {
        Ok(cursor) => {
            assert_eq!(encode(operation.id, &cursor).as_deref(), Some(given.as_str()));
            assert_eq!((cursor.arguments, cursor.account), (arguments, account));
            assert!(given.len() <= 4096);
            let other = decode(operation.id, arguments.wrapping_add(1), account, &given);
            assert!(other.unwrap_err().contains("arguments"));
            let other = decode(operation.id, arguments, account.wrapping_add(1), &given);
            assert!(other.unwrap_err().contains("account"));
            let other = decode("no.such", arguments, account, &given);
            assert!(other.unwrap_err().contains("another operation"));
        }
        Err(why) => {
            harmless(&why, 300);
            assert!(given.len() < 24 || !why.contains(&given), "{why}");
        }
    }
    made(operation.id, start(operation), rest);
}

/// A state made of bytes, there and back.
fn made(id: &str, start: Option<Position>, bytes: &[u8]) {
    let number = |place: u64| fnv(bytes, place);
    let few = |place: u64, most: u64| usize::try_from(number(place) % (most + 1)).unwrap();
    let start = start.unwrap();
    let position = match start {
        Position::Token { .. } if bytes.is_empty() => start,
        Position::Token { .. } => {
            let power = 1_u64 << few(2, 31);
            let guarded = format!("1:{id}:0:0:0:t{:x}.{power}.{}.x", number(1), number(3) % power);
            match decode(id, 0, 0, &guarded).unwrap().position {
                Position::Token { guard, .. } => Position::Token { token: text(bytes), guard },
                Position::Offset { .. } => unreachable!("a token was read"),
            }
        }
        Position::Offset { .. } => Position::Offset {
            at: number(1) as u32,
            known: Known {
                seams: (0..few(2, 4)).map(|n| number(100 + n as u64)).collect(),
                strays: (0..few(3, 12)).map(|n| number(200 + n as u64)).collect(),
            },
            twin: number(4),
            stale: few(5, 4) as u8,
        },
    };
    let now = 1_800_000_000;
    let feed = (number(6) % 3 == 0).then(|| {
        let mut feed = Feed::new((number(7) % 2 == 0).then_some(now - 1_000));
        for (place, byte) in bytes.iter().enumerate() {
            feed.take(now + i64::from(*byte) - 128, number(place as u64), 60, now);
            if *byte == b'\n' {
                feed.polled();
            }
        }
        feed
    });
    let windows = (number(8) % 3 == 0).then(|| Cuts::decode("104b3d3b00.5b3d3b00.6b3d3b00")).flatten();
    let mut cursor =
        Cursor { arguments: number(9), account: number(10), read: number(11) as u32, feed, windows, position };
    let mut encoded = encode(id, &cursor);
    // What the walk does with a feed that is too long to carry.
    while let (None, Some(lighter)) = (&encoded, cursor.feed.as_ref().and_then(Feed::lighter)) {
        cursor.feed = Some(lighter);
        encoded = encode(id, &cursor);
    }
    let Some(encoded) = encoded else {
        assert!(matches!(cursor.position, Position::Token { .. }), "a place that no cursor can hold");
        return;
    };
    assert!(encoded.len() <= 4096);
    assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":._-~".contains(&byte)), "{encoded}");
    assert_eq!(decode(id, cursor.arguments, cursor.account, &encoded), Ok(cursor));
}
