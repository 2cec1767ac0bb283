//! The fingerprint is the hash that was published.

use chainrule_learn::Fingerprint;

#[test]
fn published_values() {
    assert_eq!(Fingerprint::of(b"").to_string(), "cbf29ce484222325");
    assert_eq!(Fingerprint::of(b"a").to_string(), "af63dc4c8601ec8c");
    assert_eq!(Fingerprint::of(b"foobar").to_string(), "85944171f73967e8");
}
