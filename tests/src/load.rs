//! Callers who invite one person after the other, and keep what they were answered.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::server::Server;

/// Callers who invite, until this is dropped.
pub struct Load {
    answers: Arc<Mutex<Vec<Answer>>>,
    is_over: Arc<AtomicBool>,
    callers: JoinSet<()>,
}

/// What a caller was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Who was invited.
    pub address: String,
    /// Which of the servers was asked.
    pub server: usize,
    pub asked: Instant,
    pub answered: Instant,
    /// None: the connection ended without an answer.
    pub status: Option<StatusCode>,
    pub body: Value,
}

impl Answer {
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.status == Some(StatusCode::OK)
    }

    /// Whether the caller knows that nobody knows whether the invitation was made.
    #[must_use]
    pub fn may_be_made(&self) -> bool {
        self.status.is_none() || self.body.to_string().contains("OUTCOME_UNKNOWN")
    }
}

impl Load {
    /// So many callers, each of whom invites one person after the other, at one of the servers after the
    /// other, with a pause after each answer.
    #[must_use]
    pub fn begin(servers: &[&Server], token: &str, callers: usize, pause: Duration) -> Self {
        let urls: Vec<_> = servers.iter().map(|it| it.url.clone()).collect();
        let (answers, is_over) =
            (Arc::<Mutex<Vec<_>>>::default(), Arc::new(AtomicBool::new(false)));
        let mut all = JoinSet::new();
        for caller in 0..callers {
            let (urls, token) = (urls.clone(), token.to_owned());
            let (answers, is_over) = (answers.clone(), is_over.clone());
            all.spawn(async move {
                for n in caller.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let server = n % urls.len();
                    let address = format!("u{caller}.{n}@example.org");
                    let answer = invite(server, &urls[server], &token, address).await;
                    answers.lock().expect("no panic").push(answer);
                    sleep(pause).await;
                }
            });
        }
        Self { answers, is_over, callers: all }
    }

    /// What was answered so far.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        self.answers.lock().expect("no panic").clone()
    }

    /// Lets everybody hear the answer that they wait for, and returns all of them.
    pub async fn end(mut self) -> Vec<Answer> {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.expect("no panic");
        }
        self.answers()
    }
}

/// Invites this address.
async fn invite(server: usize, url: &str, token: &str, address: String) -> Answer {
    // Each over a connection of its own, so that none fails for what became of another.
    let http = reqwest::Client::new();
    let asked = Instant::now();
    let request = http.post(format!("{url}/v1/userInvitations")).bearer_auth(token);
    let sent =
        request.json(&json!({"invitedEmail": &address, "inviter": "The night team"})).send().await;
    let (status, body) = match sent {
        Ok(answer) => (Some(answer.status()), answer.json().await.unwrap_or(Value::Null)),
        Err(_) => (None, Value::Null),
    };
    Answer { address, server, asked, answered: Instant::now(), status, body }
}

/// The addresses of those whose answers are like this.
#[must_use]
pub fn addresses(answers: &[Answer], are: impl Fn(&Answer) -> bool) -> BTreeSet<String> {
    answers.iter().filter(|it| are(it)).map(|it| it.address.clone()).collect()
}
