//! Compiles the messages with protox: no protoc binary is needed.

const PROTO_FILES: [&str; 6] = [
    "proto/session.proto",
    "proto/cluster.proto",
    "proto/user.proto",
    "proto/key.proto",
    "proto/crypto.proto",
    "proto/stream.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(PROTO_FILES, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
