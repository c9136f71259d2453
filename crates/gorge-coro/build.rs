//! Decides where fibers are compiled in, in one place: `cfg(gorge_fibers)`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(gorge_fibers)");
    let is = |name: &str, value: &str| {
        std::env::var(format!("CARGO_CFG_{name}")).is_ok_and(|v| v.split(',').any(|v| v == value))
    };
    let portable = std::env::var_os("CARGO_CFG_GORGE_PORTABLE").is_some();
    // Statically linked, glibc cannot be asked about its structures, nor interposed.
    if is("TARGET_OS", "linux")
        && is("TARGET_ENV", "gnu")
        && is("TARGET_ARCH", "x86_64")
        && is("TARGET_POINTER_WIDTH", "64")
        && !is("TARGET_FEATURE", "crt-static")
        && !portable
        && std::env::var_os("CARGO_CFG_MIRI").is_none()
        // It knows threads only, and calls what fibers interpose before it is ready.
        && !is("SANITIZE", "thread")
    {
        println!("cargo::rustc-cfg=gorge_fibers");
    }
}
