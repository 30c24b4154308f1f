#![no_main]
#[path = "../bodies/mod.rs"]
mod bodies;

use std::sync::LazyLock;

static HSMS: LazyLock<bodies::prelogin::Hsms> = LazyLock::new(bodies::prelogin::Hsms::new);

libfuzzer_sys::fuzz_target!(|data: &[u8]| HSMS.run(data));
