//! Running an opened HSM until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Barrier};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::hsm::Hsm;
use crate::processors::Processors;
use crate::{cluster, config, listener};

/// Serves until SIGTERM or SIGINT, then ends in order: calls under way are answered and everything is on disk.
///
/// # Errors
/// The Unix socket or the address cannot be had; `on_listening` failed; the store cannot be closed.
pub fn serve(
    hsm: &Arc<Hsm>,
    listen: Option<SocketAddr>,
    on_listening: impl FnOnce(SocketAddr) -> io::Result<()>,
) -> io::Result<()> {
    if let Err(error) = cluster::refresh_tls(hsm) {
        tracing::error!(%error, "the TLS listener stays closed; the Unix socket is served");
    }
    raise_file_limit();
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let maintenance = tokio::spawn(cluster::maintain(Arc::clone(hsm)));
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
        };
        let result = listener::run(Arc::clone(hsm), listen, on_listening, stop).await;
        maintenance.abort();
        result
    });
    // Waits for what is still on the blocking pool.
    drop(runtime);
    result.and(hsm.barrier.close().map_err(io::Error::other))
}

/// Each connection is an open file, and the usual soft limit is 1024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "fewer connections: the limit of open files cannot be raised");
    }
}

fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder
        .enable_all()
        .max_blocking_threads(config::POOL_THREADS_MAX);
    let Some(processors) = Processors::of_this_process() else {
        return builder.build();
    };
    // Nothing runs before each worker has its processor: a thread of the blocking pool would take it.
    let all_bound = Arc::new(Barrier::new(processors.count() + 1));
    let bound = Arc::clone(&all_bound);
    builder
        .worker_threads(processors.count())
        .on_thread_start(move || {
            if processors.take() {
                bound.wait();
            }
        });
    let runtime = builder.build()?;
    all_bound.wait();
    Ok(runtime)
}
