//! Certificates for one test: an authority of its own, and good and bad certificates issued by it.
//!
//! All are written as PEM files to a temporary folder too, as `--cacert` and nginx take them. They last as long
//! as the value they belong to.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

/// A certificate authority that exists for one test.
///
/// ```
/// let authority = tests::certs::Authority::new("Test CA");
/// let leaf = authority.leaf("localhost");
/// assert!(authority.file().is_file() && leaf.cert_file().is_file());
/// ```
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Of an intermediate one: its own certificate, which servers have to present as well.
    chain: Vec<CertificateDer<'static>>,
    folder: TempDir,
}

/// A server's certificate with its key.
pub struct Leaf {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    folder: TempDir,
}

impl Authority {
    /// An authority of this name.
    pub fn new(name: &str) -> Authority {
        let (key, params) = (KeyPair::generate().expect("a key"), authority_params(name));
        let cert = params.self_signed(&key).expect("a certificate signed by itself");
        let folder = folder_with(&[("ca.pem", &cert.pem())]);
        Authority { issuer: Issuer::new(params, key), chain: Vec::new(), folder }
    }

    /// An authority for which this one vouches, and which vouches for servers.
    pub fn intermediate(&self, name: &str) -> Authority {
        let (key, params) = (KeyPair::generate().expect("a key"), authority_params(name));
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate signed by the authority");
        let folder = folder_with(&[("ca.pem", &cert.pem())]);
        Authority { issuer: Issuer::new(params, key), chain: vec![cert.into()], folder }
    }

    /// The PEM file with its certificate: what a client trusts.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A good certificate for this host (a name or an IP address).
    pub fn leaf(&self, host: &str) -> Leaf {
        self.issue(leaf_params(host))
    }

    /// A certificate for this host that is out of date since 2001.
    pub fn expired(&self, host: &str) -> Leaf {
        let mut params = leaf_params(host);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        self.issue(params)
    }

    /// A certificate for this host that will be good from the year 4000.
    pub fn not_yet_valid(&self, host: &str) -> Leaf {
        let mut params = leaf_params(host);
        params.not_before = date_time_ymd(4000, 1, 1);
        params.not_after = date_time_ymd(4001, 1, 1);
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate signed by the authority");
        Leaf::new(cert, &self.chain, &key)
    }
}

/// A certificate for this host that nobody vouches for but itself.
pub fn self_signed(host: &str) -> Leaf {
    let key = KeyPair::generate().expect("a key");
    Leaf::new(leaf_params(host).self_signed(&key).expect("a certificate signed by itself"), &[], &key)
}

impl Leaf {
    fn new(cert: rcgen::Certificate, above: &[CertificateDer<'static>], key: &KeyPair) -> Leaf {
        let folder = folder_with(&[("cert.pem", &cert.pem()), ("key.pem", &key.serialize_pem())]);
        let chain = [&[cert.into()], above].concat();
        Leaf { chain, key: key.serialize_der(), folder }
    }

    /// The same, of a server that does not present the certificates of the authorities between.
    pub fn without_intermediates(mut self) -> Leaf {
        self.chain.truncate(1);
        self
    }

    /// The PEM file with the certificate.
    pub fn cert_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The PEM file with its private key.
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The certificate, and those of the authorities between, as a server presents them.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    /// Its private key.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new([host.to_owned()]).expect("a host name or an IP address");
    params.distinguished_name.push(DnType::CommonName, host);
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a file in a temporary folder");
}
