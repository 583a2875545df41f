//! Starts the binary, talks to it, stops it, kills it.

use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

use crate::{binary::binary, eventually::eventually, fresh_database::of_folder, ports::free_port};

/// The setting that names the database.
const DATABASE: &str = "USHER_DATABASE__URL";

/// For a server whose test is about the file of its database, whatever the run asks for.
pub const ON_SQLITE: (&str, &str) = (DATABASE, "");

/// A running `usher serve`. Killed when dropped.
pub struct Server {
    pub url: String,
    pub port: u16,
    pub home: Arc<TempDir>,
    pub http: reqwest::Client,
    settings: Vec<(String, String)>,
    arguments: Vec<String>,
    child: Child,
    printed: Arc<Mutex<String>>,
}

/// What [`Server::accept`] chooses as the password.
const PASSWORD: &str = "seven llamas dance";

/// What a command came to.
pub struct Output {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The binary, in a folder of its own, with these settings in its environment and no others.
fn command(home: &Path, settings: &[(String, String)], blocks: Option<u64>) -> Command {
    let mut command = Command::new(binary());
    if let Some(blocks) = blocks {
        // The shell's limit holds for what it becomes; ignored, the signal is an error to a write.
        command = Command::new("bash");
        command.arg("-c");
        command.arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""));
        command.arg(binary());
    }
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("USHER_")) {
        command.env_remove(key);
    }
    command.current_dir(home).envs(settings.iter().cloned()).kill_on_drop(true);
    let names_one = settings.iter().any(|(key, _)| key == DATABASE);
    if !names_one && let Some(url) = of_folder(home) {
        command.env(DATABASE, url);
    }
    command
}

/// Runs one command of the binary to its end.
pub async fn run(
    home: &Path,
    settings: &[(String, String)],
    arguments: &[&str],
    input: &str,
) -> Output {
    let mut child = command(home, settings, None)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("usher starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that does not read its input closes it: not our concern.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("usher ends");
    Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

impl Server {
    /// With a folder of its own and these settings, and ready.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_in(Arc::new(TempDir::new().expect("a folder")), settings, &[]).await
    }

    /// The same in a folder that others may share, with arguments after the program's name.
    pub async fn start_in(
        home: Arc<TempDir>,
        settings: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let server = Self::launch(home, settings, arguments);
        server.ready().await;
        server
    }

    /// Not waiting for anything.
    #[must_use]
    pub fn launch(home: Arc<TempDir>, settings: &[(&str, &str)], arguments: &[&str]) -> Self {
        Self::launch_by(home, settings, arguments, None)
    }

    /// The same, and none of its files may grow beyond so many blocks of 1 024 bytes: what a full
    /// disk looks like to it.
    #[must_use]
    pub fn launch_limited(home: Arc<TempDir>, settings: &[(&str, &str)], blocks: u64) -> Self {
        Self::launch_by(home, settings, &[], Some(blocks))
    }

    fn launch_by(
        home: Arc<TempDir>,
        settings: &[(&str, &str)],
        arguments: &[&str],
        blocks: Option<u64>,
    ) -> Self {
        let port = free_port();
        let mut all = vec![("USHER_HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}"))];
        all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
        let printed = Arc::default();
        let child = spawn(home.path(), &all, &arguments, &printed, blocks);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let url = format!("http://localhost:{port}");
        Self { url, port, home, http, settings: all, arguments, child, printed }
    }

    pub async fn ready(&self) {
        eventually("usher is ready", || async {
            let answer = self.http.get(format!("{}/readyz", self.url)).send().await.ok()?;
            (answer.status() == StatusCode::OK).then_some(())
        })
        .await;
    }

    /// Everything it printed so far, standard output and error together.
    #[must_use]
    pub fn printed(&self) -> String {
        self.printed.lock().expect("no panic").clone()
    }

    /// What the first start wrote to a file instead of printing it.
    #[must_use]
    pub fn first_steps(&self) -> String {
        let path = self.home.path().join("usher-data/first-steps.txt");
        std::fs::read_to_string(path).expect("the first start wrote it")
    }

    /// SIGKILL, and the same again.
    pub async fn kill_and_restart(&mut self) {
        self.kill().await;
        self.child = spawn(self.home.path(), &self.settings, &self.arguments, &self.printed, None);
        self.ready().await;
    }

    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it was running");
    }

    /// SIGTERM, and what it exits with.
    pub async fn stop(&mut self) -> Option<i32> {
        let id = self.child.id().expect("it is running");
        let kill = std::process::Command::new("kill").args(["-TERM", &id.to_string()]).status();
        assert!(kill.expect("kill runs").success());
        self.child.wait().await.expect("it ends").code()
    }

    /// How it ended by itself. All that it printed is there by then.
    pub async fn ended(&mut self) -> Option<i32> {
        let status = self.child.wait().await.expect("it ends");
        let printed = &self.printed;
        eventually("its output", || async { (Arc::strong_count(printed) == 1).then_some(()) })
            .await;
        status.code()
    }

    /// Resident memory in kilobytes.
    #[must_use]
    pub fn resident(&self) -> u64 {
        let id = self.child.id().expect("it is running");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux");
        let line = status.lines().find(|it| it.starts_with("VmRSS:")).expect("a size");
        line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number")
    }

    /// A command beside the running server, on the same database.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "").await
    }

    /// The same, with something on its standard input.
    pub async fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        run(self.home.path(), &self.settings, arguments, input).await
    }

    /// The same, with some settings of its own.
    pub async fn run_as(
        &self,
        settings: &[(String, String)],
        arguments: &[&str],
        input: &str,
    ) -> Output {
        let all: Vec<_> = self.settings.iter().chain(settings).cloned().collect();
        run(self.home.path(), &all, arguments, input).await
    }

    /// A bearer token for a new key of this authority.
    pub async fn key(&self, authority: &str) -> String {
        let made = self.run(&["key", "create", "--authority", authority, "--json"]).await;
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let key: Value = serde_json::from_str(&made.stdout).expect("JSON");
        format!("{}.{}", key["id"].as_str().expect("id"), key["secret"].as_str().expect("secret"))
    }

    /// A JSON call.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request =
            self.http.request(method, format!("{}{path}", self.url)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Invites an address; panics when it is refused.
    pub async fn invite(&self, token: &str, address: &str) -> Value {
        let body = json!({"invitedEmail": address, "inviter": "The night team"});
        let (status, answer) =
            self.call(Method::POST, "/v1/userInvitations", token, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Accepts an invitation by its link under this name, as a browser would.
    pub async fn accept(&self, link: &str, name: &str) -> StatusCode {
        let page = self.http.get(link).send().await.expect("a page").text().await.expect("text");
        let form = [
            ("invitation", field(&page, "invitation")),
            ("nonce", field(&page, "nonce")),
            ("name", name),
            ("password", PASSWORD),
            ("answer", "accept"),
        ];
        let url = format!("{}/accept", self.url);
        self.http.post(url).form(&form).send().await.expect("an answer").status()
    }

    /// Signs in with the password of [`Self::accept`], over connections of its own.
    pub async fn sign_in(&self, address: &str) -> StatusCode {
        let redirect = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(redirect).build().expect("a client");
        let url = format!("{}/signin", self.url);
        let page = http.get(&url).send().await.expect("a page").text().await.expect("text");
        let nonce = field(&page, "nonce");
        let form = [("nonce", nonce), ("name", address), ("password", PASSWORD)];
        http.post(url).form(&form).send().await.expect("an answer").status()
    }
}

/// What a field of the form of a page has been filled in with.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page.split_once(&format!("name=\"{name}\"")).expect("the field").1;
    let value = rest.split_once("value=\"").expect("a value").1;
    value.split_once('"').expect("its end").0
}

fn spawn(
    home: &Path,
    settings: &[(String, String)],
    arguments: &[String],
    printed: &Arc<Mutex<String>>,
    blocks: Option<u64>,
) -> Child {
    let mut child = command(home, settings, blocks)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("usher starts");
    collect(child.stdout.take().expect("a pipe"), printed);
    collect(child.stderr.take().expect("a pipe"), printed);
    child
}

fn collect(from: impl tokio::io::AsyncRead + Unpin + Send + 'static, into: &Arc<Mutex<String>>) {
    let into = into.clone();
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut all = into.lock().expect("no panic");
            all.push_str(&line);
            all.push('\n');
        }
    });
}
