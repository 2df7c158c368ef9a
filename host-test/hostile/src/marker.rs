//! What the component does before anybody calls an operation: a word in its
//! data, which a test writes over in the `.wasm` itself.
//!
//! Rule: the word is read anew each time, so that no compiler knows it.

use std::hint::black_box;

/// What a test looks for, and the room behind it.
static MARKER: [u8; 80] = *b"hostile-marker:nothing                                                          ";

/// Bytes before the word.
const NAME: usize = "hostile-marker:".len();

/// The word, without the spaces that fill its room.
pub(crate) fn word() -> &'static str {
    let marker: &'static [u8; 80] = black_box(&MARKER);
    std::str::from_utf8(&marker[NAME..]).unwrap_or_default().trim_end()
}

/// Runs before anything else, when the component is instantiated.
extern "C" fn begin() {
    if word() == "init-loop" {
        crate::misdeeds::spin();
    }
}

// SAFETY: the section holds functions without arguments, which is what this is;
// nothing else can run code while a component is instantiated.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;
