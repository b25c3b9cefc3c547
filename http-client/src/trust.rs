//! Whom to trust over TLS: the usual authorities, those of a file, or anybody.

use std::path::Path;
use std::sync::Arc;

use rustls::DigitallySignedStruct as Signed;
use rustls::client::danger::{HandshakeSignatureValid as Valid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer as Der, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore, SignatureScheme};

use crate::refused::{Refused, refuse};

/// Certificates of authorities to be trusted, in addition to the usual ones.
///
/// ```no_run
/// let own = http_client::tls::Certificates::from_pem_file("ca.pem").unwrap();
/// let client = http_client::Client::builder().add_root_certificates(&own).build();
/// ```
#[derive(Clone, Debug)]
pub struct Certificates(RootCertStore);

impl Certificates {
    /// Reads a PEM file with one or more certificates. It blocks, so call it before the loop runs.
    ///
    /// # Errors
    /// If the file cannot be read, holds no certificate, or holds one that is broken.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Certificates, Refused> {
        let path = path.as_ref();
        let roots = read_pem(path);
        roots.map(Certificates).or_else(|e| refuse(format!("certificates of {}: {e}", path.display())))
    }
}

fn read_pem(path: &Path) -> Result<RootCertStore, Box<dyn std::error::Error>> {
    let pem = std::fs::read(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in Der::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|e| format!("it is not PEM: {e}"))?)?;
    }
    if roots.is_empty() {
        return Err("it holds no PEM certificate".into());
    }
    Ok(roots)
}

/// Whom to trust: webpki's roots and `extra`, or anybody. One configuration for all connections, so that sessions are
/// resumed.
pub(crate) fn config(extra: &[Certificates], anybody: bool) -> Arc<ClientConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.extend(extra.iter().flat_map(|Certificates(file)| file.roots.iter().cloned()));
    let provider = Arc::new(default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let Ok(builder) = versions else { unreachable!("ring has cipher suites for TLS 1.2 and 1.3") };
    let builder = match anybody {
        true => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)),
        false => builder.with_root_certificates(roots),
    };
    Arc::new(builder.with_no_client_auth())
}

/// Takes any certificate for the right one, and any signature for that of its owner: as who is at the other end does
/// not count, neither does what they sign.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &Der<'_>,
        _: &[Der<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &Der<'_>, _: &Signed) -> Result<Valid, Error> {
        Ok(Valid::assertion())
    }

    fn verify_tls13_signature(&self, _: &[u8], _: &Der<'_>, _: &Signed) -> Result<Valid, Error> {
        Ok(Valid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What rustls says, in words where it only names its types.
pub(crate) fn explain(error: &Error) -> String {
    let not_good = "the server's certificate does not verify";
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            format!("{not_good}: it is signed by an authority that is not trusted here")
        }
        Error::InvalidCertificate(CertificateError::Other(why)) if why.to_string() == "CaUsedAsEndEntity" => {
            format!(
                "{not_good}: it is an authority's own certificate, not a server's; make one with basicConstraints=CA:FALSE"
            )
        }
        // This has the times and names in it.
        Error::InvalidCertificate(bad) => format!("{not_good}: {bad}"),
        Error::AlertReceived(alert) => format!("the server refused, with the alert {alert:?}"),
        Error::InvalidMessage(_) => format!("what the server sent is not TLS ({error}); is the port right?"),
        other => other.to_string(),
    }
}
