//! What a running HSM does by itself: keep its certificate fresh, and forget logins that are over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests;

/// How often it looks. A login that is over goes at most this much later; its tokens were void before.
const INTERVAL: Duration = Duration::from_secs(60);

/// Replaces what the TLS listener works with: after a change of the trust anchors, and with a new HSM certificate.
///
/// # Errors
/// As [`super::Cluster::tls`]; the listener then goes on as before.
pub fn refresh_tls(hsm: &Hsm) -> Result<(), OpError> {
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
        match round.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "maintenance failed; it is tried again in a minute")
            }
            Err(error) => tracing::error!(%error, "maintenance panicked"),
        }
    }
}

fn round(hsm: &Hsm) -> Result<(), OpError> {
    let now = hsm.clock.now_unix_ms();
    for login in hsm.logins.purge(now)? {
        hsm.keys.end_login(&login)?;
    }
    requests::purge(&hsm.barrier, now)?;
    if now / 1000 >= hsm.cluster.renew_at_unix_s.load(Ordering::Relaxed) {
        refresh_tls(hsm)?;
    }
    Ok(())
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
        let hsm = Hsm::open(store.path(), Arc::clone(&store.barrier), lifetime).unwrap();
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
        round(&hsm).unwrap();
        assert_eq!(stored(), 1);
        hsm.clock.advance_ms(DAY_MS);
        round(&hsm).unwrap();
        assert_eq!(stored(), 0);
        assert!(login.check(now).is_err());

        hsm.clock.advance_ms(17 * DAY_MS);
        round(&hsm).unwrap();
        assert!(Arc::ptr_eq(&tls(), &first), "renewed after 19.5 days");
        hsm.clock.advance_ms(DAY_MS);
        round(&hsm).unwrap();
        assert!(!Arc::ptr_eq(&tls(), &first), "not renewed after 20.5 days");
    }
}
