//! The server's Noise certificate chain: root, intermediate, leaf (docs/internals/sim.md,
//! "Certificates").
//!
//! The chain is complete and truly signed, so that a client which verifies it needs nothing but
//! another root key. The root can outlive a process (`SimConfig::root_secret`); intermediate and
//! leaf are drawn at every start.

use waproto::{
    buffa::{Message as _, MessageField},
    whatsapp::{CertChain, cert_chain::NoiseCertificate, cert_chain::noise_certificate::Details},
};

use crate::{dice::Dice, keys::KeyPair};

/// 2020-01-01 and 2099-01-01: clients judge these dates by their own clock, which the
/// simulator's does not bind.
const NOT_BEFORE_UNIX_S: u64 = 1_577_836_800;
const NOT_AFTER_UNIX_S: u64 = 4_070_908_800;

/// The serial number of the intermediate certificate; its issuer, the root, is 0.
const INTERMEDIATE_SERIAL: u32 = 1;

/// The server's static key and the chain that vouches for it.
#[derive(Debug, Clone)]
pub(crate) struct ServerCertificate {
    leaf: KeyPair,
    chain: Vec<u8>,
}

impl ServerCertificate {
    /// Draws an intermediate and a leaf key and signs them. `serial` tells leaves apart.
    pub(crate) fn issue(root: &KeyPair, dice: &mut Dice, serial: u32) -> Self {
        let intermediate = KeyPair::generate(dice);
        let leaf = KeyPair::generate(dice);
        let chain = CertChain {
            intermediate: MessageField::some(sign(
                dice,
                root,
                &details(INTERMEDIATE_SERIAL, 0, &intermediate),
            )),
            leaf: MessageField::some(sign(
                dice,
                &intermediate,
                &details(serial, INTERMEDIATE_SERIAL, &leaf),
            )),
        };
        Self { leaf, chain: chain.encode_to_vec() }
    }

    /// The server's static Noise key pair.
    pub(crate) fn leaf(&self) -> &KeyPair {
        &self.leaf
    }

    /// The encoded chain, the payload of a server hello.
    pub(crate) fn chain(&self) -> &[u8] {
        &self.chain
    }
}

fn details(serial: u32, issuer_serial: u32, key: &KeyPair) -> Vec<u8> {
    Details {
        serial: Some(serial),
        issuer_serial: Some(issuer_serial),
        key: Some(key.public().to_vec()),
        not_before: Some(NOT_BEFORE_UNIX_S),
        not_after: Some(NOT_AFTER_UNIX_S),
    }
    .encode_to_vec()
}

fn sign(dice: &mut Dice, issuer: &KeyPair, details: &[u8]) -> NoiseCertificate {
    NoiseCertificate {
        details: Some(details.to_vec()),
        signature: Some(issuer.sign(dice, &[details]).to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::verify;

    #[test]
    fn every_link_of_the_chain_is_signed_by_the_one_above() {
        let mut dice = Dice::derive(1, "test", 0);
        let root = KeyPair::generate(&mut dice);
        let certificate = ServerCertificate::issue(&root, &mut dice, 7);
        let chain = CertChain::decode_from_slice(certificate.chain()).unwrap();
        let intermediate = chain.intermediate.as_option().unwrap();
        let leaf = chain.leaf.as_option().unwrap();
        let (above, below) = (intermediate.details.clone().unwrap(), leaf.details.clone().unwrap());
        assert!(verify(&root.public(), &[&above], intermediate.signature.as_deref().unwrap()));

        let above = Details::decode_from_slice(&above).unwrap();
        let issuer: [u8; 32] = above.key.unwrap().try_into().unwrap();
        assert!(verify(&issuer, &[&below], leaf.signature.as_deref().unwrap()));
        assert!(!verify(&root.public(), &[&below], leaf.signature.as_deref().unwrap()));

        let below = Details::decode_from_slice(&below).unwrap();
        assert_eq!(below.issuer_serial, above.serial);
        assert_eq!(above.issuer_serial, Some(0));
        assert_eq!(below.key.unwrap(), certificate.leaf().public());
    }
}
