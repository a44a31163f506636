//! One connection: its address is looked up, checked, connected to and, for
//! https, encrypted.
//!
//! Every call has a connection of its own. A kept one may be closed by the backend
//! in the very moment in which the next call is written to it; whether that call
//! was executed is then not known, and an action must not be tried again on a
//! guess. A handshake more per press of a button is the cheaper price.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use levers_model::{Error, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Host;

use super::address::Allowed;
use super::fault::Fault;
use super::resolve::Resolve;
use super::target::Target;

/// What a request's body is: all of it is there before the call.
pub(crate) type Sent = http_body_util::Full<bytes::Bytes>;

/// The most headers of an answer.
const MOST_HEADERS: usize = 128;
/// The longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// Makes connections.
pub(crate) struct Connector {
    allowed: Allowed,
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
}

/// A connection that waits for its request.
pub(crate) struct Connection {
    sender: http1::SendRequest<Sent>,
    driver: Driver,
}

/// The task that moves a connection's bytes; it ends when nobody wants them.
pub(crate) struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connector {
    /// With the certificates that this machine trusts, or Mozilla's where it names none.
    pub(crate) fn new(allowed: Allowed, resolver: Arc<dyn Resolve>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Self::trusting(roots, allowed, resolver)
    }

    fn trusting(roots: RootCertStore, allowed: Allowed, resolver: Arc<dyn Resolve>) -> Result<Self> {
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(Error::internal)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { allowed, resolver, tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Refuses a target that is a private address by its very spelling, without asking anybody.
    pub(crate) fn check(&self, target: &Target) -> Result<(), Fault> {
        match literal(target.host()) {
            Some(address) => self.permitted(target, vec![address]).map(drop),
            None if is_this_machine(target.host()) => self.permitted(target, LOOPBACK.to_vec()).map(drop),
            None => Ok(()),
        }
    }

    /// Connects, within this time.
    pub(crate) async fn connect(&self, target: &Target, within: Duration) -> Result<Connection, Fault> {
        timeout(within, self.connection(target, within)).await.unwrap_or(Err(Fault::Unreachable(within)))
    }

    async fn connection(&self, target: &Target, within: Duration) -> Result<Connection, Fault> {
        let addresses = match literal(target.host()) {
            Some(address) => vec![address],
            None => self.lookup(target).await?,
        };
        let addresses = self.permitted(target, addresses)?;
        let stream = reach(&addresses, target.port(), within).await?;
        // A request is written at once and waited for; there is nothing to collect into larger packets.
        let _ = stream.set_nodelay(true);
        if !target.is_https() {
            return handshake(stream).await;
        }
        let name = match target.host() {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|error| Fault::Tls(error.to_string()))?,
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
        };
        let stream = self.tls.connect(name, stream).await.map_err(|error| Fault::Tls(error.to_string()))?;
        handshake(stream).await
    }

    async fn lookup(&self, target: &Target) -> Result<Vec<IpAddr>, Fault> {
        let host = target.host().to_string();
        match self.resolver.resolve(&host).await {
            Ok(addresses) if addresses.is_empty() => Err(Fault::Unknown("the name has no address".to_owned())),
            Ok(addresses) => Ok(addresses),
            Err(error) => Err(Fault::Unknown(error.to_string())),
        }
    }

    /// The addresses that may be connected to.
    fn permitted(&self, target: &Target, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Fault> {
        let (permitted, refused): (Vec<_>, Vec<_>) =
            addresses.into_iter().partition(|address| self.allowed.permits(target.host(), target.port(), *address));
        match refused.first() {
            Some(address) if permitted.is_empty() => Err(Fault::Private(*address)),
            _ => Ok(permitted),
        }
    }
}

/// What `localhost` is: one of these, and which of them is known when it is called.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Whether a name means this machine wherever it is looked up (RFC 6761).
fn is_this_machine(host: &Host<String>) -> bool {
    let Host::Domain(name) = host else { return false };
    // `url` writes names in lower case.
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

fn literal(host: &Host<String>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}

/// The first address that answers. One that does not must leave time for the next.
async fn reach(addresses: &[IpAddr], port: u16, within: Duration) -> Result<TcpStream, Fault> {
    let each = within / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = Fault::Unreachable(within);
    for address in addresses {
        match timeout(each, TcpStream::connect(SocketAddr::new(*address, port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = Fault::Down(error.to_string()),
            Err(_) => {}
        }
    }
    Err(last)
}

async fn handshake(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Connection, Fault> {
    let (sender, connection) = http1::Builder::new()
        .max_headers(MOST_HEADERS)
        .max_buf_size(LONGEST_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Fault::Down(error.to_string()))?;
    // How it ends is told to whoever waits for the answer.
    let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
    Ok(Connection { sender, driver })
}

impl Connection {
    /// Sends the request and waits for the head of the answer.
    pub(crate) async fn send(mut self, request: Request<Sent>) -> Result<(Response<Incoming>, Driver), Fault> {
        match self.sender.send_request(request).await {
            Ok(response) => Ok((response, self.driver)),
            Err(error) => Err(broken(&error)),
        }
    }
}

/// What a connection that broke means.
pub(crate) fn broken(error: &hyper::Error) -> Fault {
    let text = chain(error);
    if error.is_parse_too_large() {
        Fault::HeadTooLarge
    } else if error.is_parse() {
        Fault::NotHttp(text)
    } else {
        Fault::Closed(text)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Whether connecting again soon may help: somebody restarts, or its queue was full.
pub(crate) const fn may_come_back(fault: &Fault) -> bool {
    matches!(fault, Fault::Down(_))
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::future::BoxFuture;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    use super::*;

    struct Here;

    impl Resolve for Here {
        fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
        }
    }

    /// A server with a certificate for `backend.example.org`, and a connector that trusts it.
    async fn secure() -> (u16, Connector) {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["backend.example.org".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 16];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        });
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let allowed = Allowed::parse(&["127.0.0.0/8".to_owned()]).unwrap();
        (port, Connector::trusting(roots, allowed, Arc::new(Here)).unwrap())
    }

    #[test]
    fn names_of_this_machine_are_private_before_they_are_looked_up() {
        let check = |allowed: &[&str], endpoint: &str| {
            let allowed = Allowed::parse(&allowed.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>()).unwrap();
            let connector = Connector::new(allowed, Arc::new(Here)).unwrap();
            connector.check(&Target::parse(None, endpoint).unwrap())
        };
        for endpoint in ["http://localhost:8000", "http://LocalHost.:8000", "http://shop.localhost:8000"] {
            for allowed in [&[][..], &["127.0.0.1:8000"], &["localhost:1"]] {
                assert!(matches!(check(allowed, endpoint), Err(Fault::Private(_))), "{endpoint} {allowed:?}");
            }
            // Which of the two it is, only a look-up knows.
            for allowed in ["127.0.0.0/8", "::1/128"] {
                assert!(check(&[allowed], endpoint).is_ok(), "{endpoint} {allowed}");
            }
        }
        assert!(check(&["localhost:8000"], "http://localhost:8000").is_ok());
        assert!(check(&["shop.localhost"], "http://shop.localhost:8000").is_ok());
        assert!(check(&[], "http://notlocalhost:8000").is_ok());
    }

    #[tokio::test]
    async fn a_secure_connection_is_made_to_whom_the_certificate_names_and_to_nobody_else() {
        let (port, connector) = secure().await;
        let target = |host: &str| Target::parse(None, &format!("https://{host}:{port}/")).unwrap();
        let within = Duration::from_secs(5);
        let connection = connector.connect(&target("backend.example.org"), within).await.ok().unwrap();
        let request = Request::get("/").header("host", "backend.example.org").body(Sent::default()).unwrap();
        assert_eq!(connection.send(request).await.ok().unwrap().0.status(), 204);
        for other in ["other.example.org", "127.0.0.1"] {
            let refused = connector.connect(&target(other), within).await.err();
            assert!(matches!(refused, Some(Fault::Tls(_))), "{refused:?}");
        }
    }
}
