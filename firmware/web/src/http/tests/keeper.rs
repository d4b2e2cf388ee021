//! Pairing with the real rules, at a time that only presses move, and secrets that a test can know.

use std::sync::{Arc, Mutex, MutexGuard};

use ::party::pairing::{Outcome, Pairing as Rules};
use base::Time;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use crate::pairing::{self, Asked, Hosts, Request, Secret, Standing};

/// The rules and who knows of their hosts.
#[derive(Clone)]
pub(super) struct Keeper {
    rules: Arc<Mutex<Rules>>,
    now: Arc<Mutex<Time>>,
    task: Arc<Mutex<Option<AbortHandle>>>,
    hosts: watch::Sender<Hosts>,
}

/// How long after whatever was before somebody presses, ms: nobody takes it for the same press, and a number that was shown
/// still is.
const PRESS_AFTER_MS: u64 = 3_000;

/// The secret of the `n`th phone that asked, from 1 on.
pub(super) fn secret(n: u8) -> Secret {
    Secret::new([n; 16])
}

/// The head line with which that phone shows its secret.
pub(super) fn cookie(n: u8) -> String {
    format!("Cookie: other=1; partybox_host={}", secret(n).to_hex())
}

impl Keeper {
    pub(super) fn new() -> (pairing::Pairing, Self) {
        let (phones, pairing::Keeper { requests, hosts, .. }) = pairing::channel();
        let rules = Arc::new(Mutex::new(Rules::new(Vec::new(), 1)));
        let keeper = Self { rules, now: Arc::default(), task: Arc::default(), hosts };
        let task = tokio::spawn(keeper.clone().run(requests)).abort_handle();
        *keeper.task.lock().unwrap() = Some(task);
        (phones, keeper)
    }

    pub(super) fn press(&self) -> Outcome {
        let now = self.after(PRESS_AFTER_MS);
        let outcome = self.rules().press(now);
        self.publish();
        outcome
    }

    pub(super) fn forget(&self) {
        self.rules().forget(self.now());
        self.publish();
    }

    /// Lets all requests run out.
    pub(super) fn lapse(&self) {
        let now = self.after(::party::pairing::WAIT_MS);
        self.rules().pass(now);
    }

    pub(super) fn revoke(&self, id: u64) {
        self.rules().revoke(self.now(), id).expect("a host");
        self.publish();
    }

    /// From now on nobody answers.
    pub(super) fn end(&self) {
        self.task.lock().unwrap().take().expect("a task").abort();
    }

    fn now(&self) -> Time {
        *self.now.lock().unwrap()
    }

    /// Lets so many milliseconds pass.
    fn after(&self, ms: u64) -> Time {
        let mut now = self.now.lock().unwrap();
        *now = now.plus_millis(ms);
        *now
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap()
    }

    fn publish(&self) {
        let keys: Vec<_> = self.rules().hosts().iter().map(|host| host.key).collect();
        self.hosts.send_replace(Hosts::new(keys));
    }

    async fn run(self, mut requests: mpsc::Receiver<Request>) {
        let mut asked = 0;
        while let Some(request) = requests.recv().await {
            match request {
                Request::Ask { phone, keys, reply } => {
                    asked += 1;
                    let secret = secret(asked);
                    let state = self.rules().ask(self.now(), secret.key(), phone, &keys);
                    let _ = reply.send(state.map(|state| Asked { state, secret: Some(secret), kept: true }));
                }
                Request::State { keys, reply } => {
                    let state = self.rules().state(self.now(), &keys);
                    let _ = reply.send(Standing { state, kept: true });
                }
                Request::Abort { keys, reply } => {
                    self.rules().abort(self.now(), &keys);
                    let _ = reply.send(());
                }
                Request::Hosts { reply } => drop(reply.send(self.rules().hosts().to_vec())),
                Request::Revoke { id, reply } => {
                    let outcome = self.rules().revoke(self.now(), id);
                    let _ = reply.send(outcome.map(drop).map_err(Into::into));
                }
            }
            self.publish();
        }
    }
}
