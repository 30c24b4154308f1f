//! What a running HSM does by itself: keep its certificate fresh, and forget logins that are over.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use crate::doubt;
use crate::error::OpError;
use crate::hsm::Hsm;

/// How often it looks. A login that is over goes at most this much later; its tokens were void before.
const INTERVAL: Duration = Duration::from_secs(60);

/// Replaces what the TLS listener works with: after a change of the trust anchors, and with a new HSM certificate.
///
/// # Errors
/// As [`super::Cluster::tls`]; the listener then goes on as before.
pub fn refresh_tls(hsm: &Hsm) -> Result<(), OpError> {
    let _one = lock_tls(hsm);
    replace_tls(hsm)
}

/// As [`refresh_tls`] after an anchor was taken away: if it fails the listener admits nobody, since better no client at
/// all than one under that anchor.
///
/// # Errors
/// As [`super::Cluster::tls`].
pub fn refresh_or_close_tls(hsm: &Hsm) -> Result<(), OpError> {
    let _one = lock_tls(hsm);
    replace_tls(hsm).inspect_err(|_| {
        hsm.tls.send_replace(None);
    })
}

/// Held from reading the anchors to showing the listener what came of them: else a configuration computed before an
/// anchor went could replace the one computed after.
fn lock_tls(hsm: &Hsm) -> MutexGuard<'_, ()> {
    hsm.cluster
        .tls_changes
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

fn replace_tls(hsm: &Hsm) -> Result<(), OpError> {
    let tls = hsm.cluster.tls(hsm.clock.now_unix_ms())?;
    let (tls, renew_at_unix_s) = match tls {
        Some((tls, renew_at_unix_s)) => (Some(Arc::new(tls)), renew_at_unix_s),
        None => (None, u64::MAX),
    };
    hsm.cluster
        .renew_at_unix_s
        .store(renew_at_unix_s, Ordering::Relaxed);
    hsm.tls.send_replace(tls);
    Ok(())
}

/// Runs until it is dropped. A failure is logged and tried again.
pub async fn maintain(hsm: Arc<Hsm>) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        let hsm = Arc::clone(&hsm);
        let round = tokio::task::spawn_blocking(move || round(&hsm));
        if let Err(error) = round.await {
            tracing::error!(%error, "maintenance panicked");
        }
    }
}

/// Each step by itself: a full disk must not keep the certificate from being renewed, which needs none.
fn round(hsm: &Hsm) {
    let now = hsm.clock.now_unix_ms();
    log_failure("reading changes in doubt again", doubt::settle(hsm));
    if now / 1000 >= hsm.cluster.renew_at_unix_s.load(Ordering::Relaxed) {
        log_failure("renewing the certificate", refresh_tls(hsm));
    }
    // Connections check their certificates again, which may have expired.
    hsm.tls.send_modify(|_| {});
    hsm.streams.purge(now);
    log_failure("forgetting logins", hsm.logins.purge(now));
    log_failure(
        "deleting session keys",
        hsm.keys.end_logins_but(|login| hsm.logins.knows(login)),
    );
    log_failure(
        "forgetting requests",
        hsm.requests.purge(&hsm.barrier, now).map(|_| ()),
    );
}

fn log_failure(step: &str, result: Result<(), OpError>) {
    if let Err(error) = result {
        tracing::error!(%error, step, "maintenance failed; it is tried again in a minute");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, DevClient};
    use crate::policy::Mode;
    use crate::session::Peer;
    use crate::testing::TestStore;

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn renews_the_certificate_and_forgets_logins() {
        let store = TestStore::new();
        let now = crate::hsm::Clock::default().now_unix_ms();
        Cluster::create(&store.barrier, Mode::Fips, true, now).unwrap();
        let lifetime = Duration::from_secs(24 * 60 * 60);
        let hsm = Hsm::open(store.path(), Arc::clone(&store.barrier), lifetime, false).unwrap();
        let (certificate, root) = hsm.cluster.dev_sign(now).unwrap();
        hsm.cluster.initialize(&certificate, &root, now).unwrap();
        hsm.cluster
            .activate(&hsm.users, "admin", b"long enough", now)
            .unwrap();
        let anchor = DevClient::generate(now).unwrap().authority_pem;
        hsm.cluster
            .register_anchor(&anchor, &[], now, |_, transaction| {
                Ok(hsm.barrier.commit(&transaction)?)
            })
            .unwrap();
        refresh_tls(&hsm).unwrap();
        let tls = || hsm.tls.borrow().clone().unwrap();
        let first = tls();
        let (login, _) = hsm
            .logins
            .login(&hsm.users, &Peer::Socket, "admin", b"long enough", &[], now)
            .unwrap();
        let stored = || hsm.barrier.scan("login/", None, 10).unwrap().len();

        hsm.clock.advance_ms(DAY_MS * 3 / 2);
        round(&hsm);
        assert_eq!(stored(), 1);
        hsm.clock.advance_ms(DAY_MS);
        round(&hsm);
        assert_eq!(stored(), 0);
        assert!(login.check(now).is_err());

        hsm.clock.advance_ms(17 * DAY_MS);
        round(&hsm);
        assert!(Arc::ptr_eq(&tls(), &first), "renewed after 19.5 days");
        hsm.clock.advance_ms(DAY_MS);
        round(&hsm);
        assert!(!Arc::ptr_eq(&tls(), &first), "not renewed after 20.5 days");
    }

    fn active(store: &TestStore, dev_client: &DevClient) -> Arc<Hsm> {
        let now = crate::hsm::Clock::default().now_unix_ms();
        Cluster::create(&store.barrier, Mode::Fips, true, now).unwrap();
        let barrier = Arc::clone(&store.barrier);
        let hsm = Hsm::open(store.path(), barrier, Duration::from_secs(3600), false).unwrap();
        let (certificate, root) = hsm.cluster.dev_sign(now).unwrap();
        hsm.cluster.initialize(&certificate, &root, now).unwrap();
        hsm.cluster
            .activate(&hsm.users, "admin", b"long enough", now)
            .unwrap();
        register(&hsm, dev_client);
        hsm
    }

    fn register(hsm: &Hsm, client: &DevClient) -> String {
        let now = hsm.clock.now_unix_ms();
        let anchor = hsm
            .cluster
            .register_anchor(&client.authority_pem, &[], now, |_, transaction| {
                Ok(hsm.barrier.commit(&transaction)?)
            })
            .unwrap();
        anchor.id
    }

    #[test]
    fn an_anchor_that_was_taken_away_is_never_shown_again() {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;
        use std::sync::atomic::AtomicBool;

        let now = crate::hsm::Clock::default().now_unix_ms();
        let (stays, goes) = (
            DevClient::generate(now).unwrap(),
            DevClient::generate(now).unwrap(),
        );
        let store = TestStore::new();
        let hsm = active(&store, &stays);
        let chain = [CertificateDer::from_pem_slice(goes.certificate_pem.as_bytes()).unwrap()];
        let admits = || {
            let tls = hsm.tls.borrow().clone().unwrap();
            tls.admit(&chain).is_some()
        };
        refresh_tls(&hsm).unwrap();
        let stop = AtomicBool::new(false);
        let mut seen = hsm.tls.subscribe();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        refresh_tls(&hsm).unwrap();
                    }
                });
            }
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                for _ in 0..40 {
                    let id = register(&hsm, &goes);
                    refresh_tls(&hsm).unwrap();
                    assert!(admits());
                    hsm.cluster
                        .deregister_anchor(&id, |transaction| {
                            Ok(hsm.barrier.commit(&transaction)?)
                        })
                        .unwrap();
                    refresh_or_close_tls(&hsm).unwrap();
                    // Until every refresh that was under way must have ended.
                    for _ in 0..8 {
                        assert!(!admits(), "admitted under an anchor that is gone");
                        seen.borrow_and_update();
                        while !seen.has_changed().unwrap() {
                            std::thread::yield_now();
                        }
                    }
                }
            }));
            stop.store(true, Ordering::Relaxed);
            result.unwrap();
        });
    }

    #[test]
    fn a_certificate_that_ends_with_its_clusters_is_not_renewed_all_the_time() {
        let now = crate::hsm::Clock::default().now_unix_ms();
        let store = TestStore::new();
        let hsm = active(&store, &DevClient::generate(now).unwrap());
        let not_after_ms =
            i64::try_from(hsm.cluster.certificate_not_after_unix_s()).unwrap() * 1000;
        hsm.clock
            .advance_ms(not_after_ms - i64::try_from(now).unwrap() - 5 * DAY_MS);
        refresh_tls(&hsm).unwrap();
        let first = hsm.tls.borrow().clone().unwrap();
        hsm.clock.advance_ms(DAY_MS);
        round(&hsm);
        let second = hsm.tls.borrow().clone().unwrap();
        assert!(Arc::ptr_eq(&first, &second), "renewed for nothing");
    }

    #[test]
    fn a_step_that_fails_does_not_stop_the_others() {
        let now = crate::hsm::Clock::default().now_unix_ms();
        let store = TestStore::new();
        let hsm = active(&store, &DevClient::generate(now).unwrap());
        refresh_tls(&hsm).unwrap();
        let first = hsm.tls.borrow().clone().unwrap();
        hsm.logins
            .login(&hsm.users, &Peer::Socket, "admin", b"long enough", &[], now)
            .unwrap();
        // No request record: forgetting requests fails.
        let not_one = crate::barrier::BarrierTransaction::new(crate::store::Durability::Durable)
            .put("request/damaged", zeroize::Zeroizing::new(vec![0xff; 9]));
        hsm.barrier.commit(&not_one).unwrap();
        assert!(hsm.requests.purge(&hsm.barrier, now).is_err());
        hsm.clock.advance_ms(25 * DAY_MS);
        round(&hsm);
        assert!(!Arc::ptr_eq(&hsm.tls.borrow().clone().unwrap(), &first));
        assert!(hsm.barrier.scan("login/", None, 10).unwrap().is_empty());
    }
}
