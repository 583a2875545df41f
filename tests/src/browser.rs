//! A real browser without a screen.

use std::{mem::ManuallyDrop, path::PathBuf, process::Stdio};

use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

use crate::{eventually::eventually, ports::free_port};

/// Chromium, driven by its own driver. Gone when dropped.
pub struct Browser {
    /// Never dropped: by then its driver is gone, and it would wait for it.
    pub page: ManuallyDrop<WebDriver>,
    _driver: Child,
    _profile: TempDir,
}

impl Browser {
    pub async fn open() -> Self {
        Self::with(&serde_json::json!({})).await
    }

    /// One whose owner has switched scripts off.
    pub async fn without_scripts() -> Self {
        let off = "profile.managed_default_content_settings.javascript";
        Self::with(&serde_json::json!({ off: 2 })).await
    }

    async fn with(preferences: &serde_json::Value) -> Self {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts: install chromium-driver");
        let profile = TempDir::new().expect("a folder");
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1000,900",
            "--lang=en",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            capabilities.add_arg(argument).expect("an argument");
        }
        capabilities.add_experimental_option("prefs", preferences).expect("an option");
        let page = eventually("the browser is open", || async {
            WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await.ok()
        })
        .await;
        Self { page: ManuallyDrop::new(page), _driver: driver, _profile: profile }
    }

    /// Types into the field of this name.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.page.find(By::Name(name)).await.expect("a field");
        field.clear().await.expect("it can be cleared");
        field.send_keys(text).await.expect("it takes text");
    }

    /// Presses the button, or follows the link, that says this.
    pub async fn press(&self, label: &str) {
        let path = format!("//button[contains(., '{label}')] | //a[contains(., '{label}')]");
        let button = self.page.find(By::XPath(path)).await;
        let button = button.unwrap_or_else(|_| panic!("no button or link says {label:?}"));
        button.click().await.expect("it can be pressed");
    }

    /// Waits until it is at this path.
    pub async fn arrives(&self, path: &str) {
        eventually(&format!("the browser is at {path}"), || async {
            let there = self.page.current_url().await.ok()?.path() == path;
            there.then_some(())
        })
        .await;
    }

    /// Waits until the page says all of this; returns all that it says.
    pub async fn sees(&self, texts: &[&str]) -> String {
        eventually(&format!("the page says {texts:?}"), || async {
            let body = self.page.find(By::Tag("body")).await.ok()?;
            let text = body.text().await.ok()?;
            texts.iter().all(|it| text.contains(it)).then_some(text)
        })
        .await
    }

    /// Keeps a picture when `USHER_TEST_PICTURES` names a folder for them.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("USHER_TEST_PICTURES") {
            let to = PathBuf::from(folder).join(format!("{name}.png"));
            self.page.screenshot(&to).await.expect("a picture");
        }
    }

    pub async fn close(self) {
        // The driver is killed anyway; this lets Chromium go first.
        let _ = WebDriver::clone(&self.page).quit().await;
    }
}
