//! Where the binary is that the tests start.

use std::path::PathBuf;

/// The binary of this build, or the one that `USHER_TEST_BINARY` names.
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("USHER_TEST_BINARY") {
        return path.into();
    }
    let own = std::env::current_exe().expect("a test has a path");
    let built = own.ancestors().find(|it| it.ends_with("debug") || it.ends_with("release"));
    let path = built.expect("a test is built by cargo").join("usher");
    assert!(path.exists(), "build usher first: cargo build --workspace --all-targets");
    path
}
