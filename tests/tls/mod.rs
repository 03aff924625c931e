//! The certificate of the server: what is read from its files, when it expires, and the one that the demo makes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::{TimeDelta, Utc};
use whmcs_api::config::Tls;
use whmcs_api::tls::{Certificate, self_signed};

use crate::support::{Scratch, TestCertificate, TlsClient};

#[test]
fn files_that_cannot_be_used_are_explained() {
    let folder = Scratch::new("tls-files");
    let (good, other) = (TestCertificate::usual(), TestCertificate::usual());
    let files = good.write(&folder);
    let certificates: Vec<&str> = good.chain.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let backwards = [certificates[1], certificates[0]].concat();
    let encrypted = good.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let damaged = good.chain.replacen("MII", "NII", 1);
    for (certificate, key, told) in [
        (&good.chain, &other.key, &["tls.key", "is not the key of the first certificate", "tls.certificate"][..]),
        (&backwards, &good.key, &["is not the key of the first certificate", "intermediate ones follow"]),
        (&good.key, &good.key, &["tls.certificate", "private key", "is it the file for tls.key?"]),
        (&good.chain, &good.chain, &["tls.key", "is it the file for tls.certificate?"]),
        (&good.chain, &encrypted, &["tls.key", "passphrase", "openssl pkey"]),
        (&String::new(), &good.key, &["tls.certificate", "contains no PEM certificate"]),
        (&good.chain, &String::new(), &["tls.key", "contains no PEM private key"]),
        (&good.chain, &good.key[..100].to_owned(), &["tls.key", "damaged"]),
        (&damaged, &good.key, &["tls.certificate", "not an X.509 certificate"]),
    ] {
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        let error = format!("{:#}", Certificate::load(&files).err().unwrap());
        for word in told {
            assert!(error.contains(word), "{word} is not in {error}");
        }
        assert!(!error.contains(&good.key[30..60]), "{error}");
        let path = if told[0] == "tls.certificate" { &files.certificate } else { &files.key };
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
    let nowhere = Tls { key: folder.join("nowhere.pem"), ..good.write(&folder) };
    let error = format!("{:#}", Certificate::load(&nowhere).err().unwrap());
    assert!(error.starts_with("tls.key: reading ") && error.contains("nowhere.pem: No such file"), "{error}");
}

/// Key and certificate in one file, in any order, as some programs write them.
#[test]
fn one_file_may_hold_both() {
    let folder = Scratch::new("tls-one-file");
    let good = TestCertificate::usual();
    for text in [good.chain.clone() + &good.key, good.key.clone() + &good.chain] {
        let file = folder.join("all.pem");
        fs::write(&file, text).unwrap();
        assert!(Certificate::load(&Tls { certificate: file.clone(), key: file }).is_ok());
    }
}

#[test]
fn it_is_said_in_time_that_a_certificate_expires() {
    let folder = Scratch::new("tls-times");
    for (from, to, told) in [
        (-400, -1, Some("expired at")),
        (2, 90, Some("is not valid before")),
        (-75, 15, None),
        (-77, 13, Some("expires at")),
        (-351, 14, Some("expires at")),
        (-340, 25, None),
        // One that lives for days only is not about to expire from its start.
        (-3, 3, None),
    ] {
        let certificate = Certificate::load(&TestCertificate::valid(from, to).write(&folder)).unwrap();
        let warning = certificate.time_warning(Utc::now());
        match told {
            Some(told) => assert!(warning.as_ref().is_some_and(|text| text.contains(told)), "{from} {to}: {warning:?}"),
            None => assert_eq!(warning, None, "{from} {to}"),
        }
    }
}

#[test]
fn the_certificate_of_the_demo_is_kept_as_long_as_it_is_good() {
    let folder = Scratch::new("tls-demo");
    let folder = folder.join("new");
    let now = Utc::now();
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let local = names(&["localhost", "127.0.0.1", "::1"]);
    let ensure = |names: &[String], now| {
        let files = self_signed::ensure(&folder, names, now).unwrap();
        assert!(Certificate::load(&files).unwrap().time_warning(now).is_none());
        fs::read_to_string(files.certificate).unwrap()
    };
    let first = ensure(&local, now);
    assert_eq!(ensure(&local, now), first);
    assert_eq!(ensure(&local[..1], now + TimeDelta::days(300)), first);
    let second = ensure(&names(&["localhost", "192.0.2.7", "whmcs.test"]), now);
    assert_ne!(second, first, "it is for other names");
    let third = ensure(&local, now);
    let later = ensure(&local, now + TimeDelta::days(340));
    assert_ne!(third, later, "it was about to expire");
    let key = folder.join("key.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&key, "damaged").unwrap();
    assert_ne!(ensure(&local, now), later);
    // A client can trust it.
    let _ = TlsClient::trusting(&first);

    for (name, is_good) in [("whmcs.test", true), ("192.0.2.7", true), ("::1", true), ("*.test", false), ("a b", false)]
    {
        assert_eq!(self_signed::parse_name(name).is_ok(), is_good, "{name}");
    }
}
