//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ferrohsm_protocol::messages::{Curve, KeyType, Role};

/// Administers FerroHSM clusters, users and keys.
#[derive(Parser)]
#[command(
    name = "ferrohsm",
    version,
    after_help = "Exit codes: 0 done; 1 the HSM refused or failed; 2 wrong usage or configuration; 3 not logged in or not \
                  permitted; 4 no HSM could be reached or trusted.\n\n\
                  Examples:\n  \
                  ferrohsm --dir /var/lib/ferrohsm cluster hsm-info\n  \
                  ferrohsm --config client.toml user create --username app --role crypto-user\n  \
                  ferrohsm --config client.toml --json key list --filter attr.label=signing"
)]
pub struct Arguments {
    #[command(flatten)]
    pub target: Target,
    /// Print {"error_code":0,"data":…} for programs. An error has the status code and {"status":…,"message":…}.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// Which HSM, and as whom.
#[derive(Args)]
pub struct Target {
    /// The client configuration; without it FERROHSM_CONFIG, then /etc/ferrohsm/client.toml.
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["socket", "dir"])]
    pub config: Option<PathBuf>,
    /// The Unix socket of an HSM on this host.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "dir")]
    pub socket: Option<PathBuf>,
    /// The data directory of an HSM on this host; its socket is used.
    #[arg(long, global = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The user to log in as. Without it FERROHSM_USER and FERROHSM_PASSWORD, then the configuration.
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// A file whose first line is the user's password. Without it the password is asked for.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "password_stdin"
    )]
    pub password_file: Option<PathBuf>,
    /// Read the user's password from standard input, one line.
    #[arg(long, global = true)]
    pub password_stdin: bool,
}

#[derive(Subcommand)]
pub enum Command {
    /// The life cycle of a cluster and its administration.
    #[command(subcommand)]
    Cluster(Cluster),
    /// The keys that seal the store.
    #[command(subcommand)]
    Barrier(Barrier),
    /// Users. A crypto officer (admin) manages them.
    #[command(subcommand)]
    User(User),
    /// Keys of a crypto user.
    #[command(subcommand)]
    Key(Key),
    /// Check a user's password; shows role and how long a login lasts.
    Login,
}

#[derive(Subcommand)]
pub enum Cluster {
    /// Print the cluster's certificate signing request. Only on the HSM's host (--dir).
    #[command(
        after_help = "Example:\n  ferrohsm --dir /var/lib/ferrohsm cluster csr --out cluster.csr"
    )]
    Csr {
        /// Write it to this file instead.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Hand the signed cluster certificate to the HSM. Only on the HSM's host (--dir).
    #[command(
        after_help = "Example:\n  ferrohsm --dir /var/lib/ferrohsm cluster initialize \
                            --signed-certificate cluster.crt --trust-anchor root.crt"
    )]
    Initialize {
        /// The CSR, signed by the trust anchor; PEM.
        #[arg(long, value_name = "FILE")]
        signed_certificate: PathBuf,
        /// The self-signed root that signed it; PEM.
        #[arg(long, value_name = "FILE")]
        trust_anchor: PathBuf,
    },
    /// Set the password of the first crypto officer (--user, default admin). Only on the HSM's host (--dir).
    #[command(
        after_help = "Example:\n  ferrohsm --dir /var/lib/ferrohsm cluster activate --user admin"
    )]
    Activate,
    /// Replace the cluster certificate by a newer one for the same key, before it expires.
    #[command(
        after_help = "Example:\n  ferrohsm --config client.toml --user admin cluster renew-certificate \
                            --signed-certificate cluster.crt --trust-anchor root.crt"
    )]
    RenewCertificate {
        /// The same CSR, signed again; PEM.
        #[arg(long, value_name = "FILE")]
        signed_certificate: PathBuf,
        /// The self-signed root that signed it; PEM.
        #[arg(long, value_name = "FILE")]
        trust_anchor: PathBuf,
    },
    /// Show an HSM's identity, state, mode and crypto module.
    HsmInfo,
    /// Who may connect: trust anchors for client certificates.
    #[command(subcommand)]
    Mtls(Mtls),
}

#[derive(Subcommand)]
pub enum Mtls {
    /// Admit client certificates that chain to this self-signed CA certificate.
    #[command(
        after_help = "Example:\n  ferrohsm --dir /var/lib/ferrohsm --user admin cluster mtls \
                            register-trust-anchor clients.crt --for-user app"
    )]
    RegisterTrustAnchor {
        /// The certificate; PEM.
        file: PathBuf,
        /// Only this user may log in with them; may be given several times.
        #[arg(long, value_name = "NAME")]
        for_user: Vec<String>,
    },
    /// List the trust anchors.
    List,
    /// Admit certificates under a trust anchor no longer.
    Deregister {
        /// Its id, as `list` shows it.
        id: String,
    },
}

#[derive(Subcommand)]
pub enum Barrier {
    /// Make a new data key; records written from now on are sealed under it.
    Rotate,
}

/// The roles that users can have.
#[derive(Clone, Copy, ValueEnum)]
pub enum RoleName {
    Admin,
    CryptoUser,
    ApplianceUser,
}

impl RoleName {
    pub fn role(self) -> Role {
        match self {
            RoleName::Admin => Role::CryptoOfficer,
            RoleName::CryptoUser => Role::CryptoUser,
            RoleName::ApplianceUser => Role::ApplianceUser,
        }
    }
}

/// Where a new password comes from.
#[derive(Args)]
pub struct NewPassword {
    /// A file whose first line is the new password. Without it the password is asked for, twice.
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum User {
    /// Create a user.
    #[command(
        after_help = "Example:\n  ferrohsm --config client.toml --user admin user create --username app --role crypto-user"
    )]
    Create {
        /// 1 to 64 characters of a-z 0-9 . _ @ -
        #[arg(long, value_name = "NAME")]
        username: String,
        #[arg(long)]
        role: RoleName,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Delete a user who owns no token keys.
    Delete {
        #[arg(long, value_name = "NAME")]
        username: String,
    },
    /// List the users.
    List,
    /// Change a password: an admin anyone's, every user their own.
    ChangePassword {
        /// Whose; without it that of the user who is logged in.
        #[arg(long, value_name = "NAME")]
        username: Option<String>,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Let a user log in again who was locked after too many wrong passwords.
    Unlock {
        #[arg(long, value_name = "NAME")]
        username: String,
    },
}

/// Which keys.
#[derive(Args)]
pub struct Filter {
    /// key-reference=0x…, or attr.NAME=VALUE with an attribute such as label, id or key-type. All must match.
    #[arg(long, value_name = "FILTER", num_args = 1..)]
    pub filter: Vec<String>,
}

#[derive(Subcommand)]
pub enum Key {
    /// List keys.
    #[command(
        after_help = "Example:\n  ferrohsm --config client.toml key list --filter attr.key-type=rsa"
    )]
    List(Filter),
    /// Show one key with all its attributes.
    Show(Filter),
    /// Generate a secret key that is kept.
    #[command(subcommand)]
    GenerateSymmetric(Symmetric),
    /// Generate a key pair that is kept.
    #[command(subcommand)]
    GenerateAsymmetricPair(Asymmetric),
    /// Delete one key for ever.
    #[command(
        after_help = "Example:\n  ferrohsm --config client.toml key delete --filter attr.label=old"
    )]
    Delete(Filter),
    /// Change an attribute of one key. Most can only be made stricter; trusted is an admin's to set.
    #[command(
        after_help = "Example:\n  ferrohsm --config client.toml key set-attribute --filter attr.label=old --name label --value new"
    )]
    SetAttribute {
        #[command(flatten)]
        filter: Filter,
        /// The attribute, as `key show` names it.
        #[arg(long)]
        name: String,
        /// true or false, text, 0x… for bytes, mechanism names with commas, or NAME=VALUE with semicolons for a template.
        #[arg(long)]
        value: String,
    },
}

#[derive(Subcommand)]
pub enum Symmetric {
    /// An AES key.
    Aes {
        #[arg(long)]
        label: String,
        /// 16, 24 or 32.
        #[arg(long, value_name = "BYTES")]
        key_length_bytes: u32,
        /// Attributes as NAME=VALUE.
        #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
        attributes: Vec<String>,
    },
    /// A ChaCha20 key of 32 bytes; not in FIPS mode.
    Chacha20 {
        #[arg(long)]
        label: String,
        /// Attributes as NAME=VALUE.
        #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
        attributes: Vec<String>,
    },
    /// A secret for HMAC.
    GenericSecret {
        #[arg(long)]
        label: String,
        #[arg(long, value_name = "BYTES")]
        key_length_bytes: u32,
        /// Attributes as NAME=VALUE.
        #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
        attributes: Vec<String>,
    },
}

/// What both kinds of pairs have.
#[derive(Args)]
pub struct Pair {
    #[arg(long, value_name = "LABEL")]
    pub private_label: String,
    /// Without it the private key's label.
    #[arg(long, value_name = "LABEL")]
    pub public_label: Option<String>,
    /// Attributes of the private key as NAME=VALUE.
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub private_attributes: Vec<String>,
    /// Attributes of the public key as NAME=VALUE.
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub public_attributes: Vec<String>,
}

#[derive(Subcommand)]
pub enum Asymmetric {
    /// An RSA pair.
    Rsa {
        /// 2048 to 4096, in steps of 256.
        #[arg(long, value_name = "BITS")]
        modulus_size_bits: u32,
        #[command(flatten)]
        pair: Pair,
    },
    /// A pair on an elliptic curve, or for Ed25519 or X25519.
    Ec {
        #[arg(long)]
        curve: CurveName,
        #[command(flatten)]
        pair: Pair,
    },
    /// An ML-DSA pair, for signatures.
    MlDsa {
        #[arg(long)]
        parameter_set: MlDsaSet,
        #[command(flatten)]
        pair: Pair,
    },
    /// An ML-KEM pair, for key encapsulation.
    MlKem {
        #[arg(long)]
        parameter_set: MlKemSet,
        #[command(flatten)]
        pair: Pair,
    },
}

/// The parameter sets of ML-DSA (FIPS 204).
#[derive(Clone, Copy, ValueEnum)]
pub enum MlDsaSet {
    #[value(name = "ml-dsa-44")]
    MlDsa44 = 44,
    #[value(name = "ml-dsa-65")]
    MlDsa65 = 65,
    #[value(name = "ml-dsa-87")]
    MlDsa87 = 87,
}

/// The parameter sets of ML-KEM (FIPS 203).
#[derive(Clone, Copy, ValueEnum)]
pub enum MlKemSet {
    #[value(name = "ml-kem-512")]
    MlKem512 = 512,
    #[value(name = "ml-kem-768")]
    MlKem768 = 768,
    #[value(name = "ml-kem-1024")]
    MlKem1024 = 1024,
}

/// The curves, with their names in SEC 2, RFC 7748 and RFC 8032.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "lower")]
pub enum CurveName {
    Secp224r1,
    #[value(alias = "prime256v1")]
    Secp256r1,
    Secp384r1,
    Secp521r1,
    Secp256k1,
    Ed25519,
    X25519,
}

impl CurveName {
    pub fn curve(self) -> Curve {
        match self {
            CurveName::Secp224r1 => Curve::P224,
            CurveName::Secp256r1 => Curve::P256,
            CurveName::Secp384r1 => Curve::P384,
            CurveName::Secp521r1 => Curve::P521,
            CurveName::Secp256k1 => Curve::Secp256k1,
            CurveName::Ed25519 => Curve::Ed25519,
            CurveName::X25519 => Curve::X25519,
        }
    }

    /// What its keys are, to the HSM.
    pub fn key_type(self) -> KeyType {
        match self {
            CurveName::Ed25519 => KeyType::EcEdwards,
            CurveName::X25519 => KeyType::EcMontgomery,
            CurveName::Secp224r1
            | CurveName::Secp256r1
            | CurveName::Secp384r1
            | CurveName::Secp521r1
            | CurveName::Secp256k1 => KeyType::Ec,
        }
    }
}
