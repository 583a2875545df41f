//! TLS to PostgreSQL: whom the certificate must prove the server to be, over a server that speaks the
//! beginning of its protocol and TLS for real.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use usher_persistence::{SqlStore, StoreOptions};

/// The first message of a client that wants TLS: its length and a number.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A certificate for this host by an authority of its own, whose certificate is written to the file.
fn certificate(host: &str, authority: &Path) -> TlsAcceptor {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    std::fs::write(authority, issuer.pem()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A server that asks for TLS. What it hears then, or nothing if the client did not trust it, is
/// received.
async fn serve(tls: TlsAcceptor) -> (SocketAddr, UnboundedReceiver<Option<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, received) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, tls.clone(), heard.clone()));
        }
    });
    (address, received)
}

async fn converse(
    mut stream: TcpStream,
    tls: TlsAcceptor,
    heard: UnboundedSender<Option<Vec<u8>>>,
) {
    let mut request = [0; 8];
    stream.read_exact(&mut request).await.unwrap();
    assert_eq!(request, SSL_REQUEST, "nothing is said before TLS");
    stream.write_all(b"S").await.unwrap();
    let mut said = vec![0; 1024];
    let said = match tls.accept(stream).await {
        Ok(mut stream) => stream.read(&mut said).await.ok().filter(|it| *it > 0).map(|it| {
            said.truncate(it);
            said
        }),
        Err(_) => None,
    };
    let _ = heard.send(said);
}

/// What a server with a certificate for `host` hears first from a store that is opened at 127.0.0.1,
/// and the error of the store.
async fn hears(host: &str, knows_authority: bool) -> (Option<Vec<u8>>, String) {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    let (address, mut heard) = serve(certificate(host, &authority)).await;
    let known = format!("&sslrootcert={}", authority.display());
    let known = if knows_authority { &known } else { "" };
    let url = format!("postgres://u:p@{address}/usher?sslmode=verify-full{known}");
    let opened = timeout(Duration::from_secs(20), SqlStore::open(&StoreOptions::new(url))).await;
    let Err(error) = opened.unwrap() else { panic!("it is no database") };
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |it| it.source());
    let text: Vec<_> = causes.map(ToString::to_string).collect();
    (heard.recv().await.unwrap(), text.join(": "))
}

#[tokio::test]
async fn only_the_host_with_a_certificate_of_a_known_authority_hears_who_connects() {
    let (said, error) = hears("127.0.0.1", false).await;
    assert_eq!(said, None, "an unknown authority proves nothing");
    assert!(error.contains("UnknownIssuer"), "{error}");

    let (said, error) = hears("other.example", true).await;
    assert_eq!(said, None, "the certificate of another host proves nothing");
    assert!(error.contains("not valid for"), "{error}");

    let (said, _) = hears("127.0.0.1", true).await;
    let said = said.expect("it is trusted");
    assert!(said.windows(5).any(|it| it == b"usher"), "it names the database");
}
