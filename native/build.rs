//! On macOS a library knows its own name, by default the path that it was linked at: no business of whoever loads it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_VENDOR").as_deref() == Ok("apple") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libferrohsm_jni.dylib");
    }
}
