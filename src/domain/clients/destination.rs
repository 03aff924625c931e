//! Pages of the client area to which single sign-on leads.

/// A page that exists in every client area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    name: &'static str,
    /// The path of WHMCS's own client area. One that is about something ends before its id.
    path: &'static str,
    about: About,
}

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Nothing,
    Service,
    Domain,
}

const fn page(name: &'static str, path: &'static str, about: About) -> Page {
    Page { name, path, about }
}

const HOME: Page = page("clientarea", "clientarea.php", About::Nothing);
/// The documented pages.
const PAGES: [Page; 18] = [
    page("clientarea:profile", "clientarea.php?action=details", About::Nothing),
    page("clientarea:billing_info", "clientarea.php?action=creditcard", About::Nothing),
    page("clientarea:emails", "clientarea.php?action=emails", About::Nothing),
    page("clientarea:announcements", "announcements.php", About::Nothing),
    page("clientarea:downloads", "downloads.php", About::Nothing),
    page("clientarea:knowledgebase", "knowledgebase.php", About::Nothing),
    page("clientarea:network_status", "serverstatus.php", About::Nothing),
    page("clientarea:services", "clientarea.php?action=services", About::Nothing),
    page("clientarea:product_details", "clientarea.php?action=productdetails&id=", About::Service),
    page("clientarea:domains", "clientarea.php?action=domains", About::Nothing),
    page("clientarea:domain_details", "clientarea.php?action=domaindetails&id=", About::Domain),
    page("clientarea:invoices", "clientarea.php?action=invoices", About::Nothing),
    page("clientarea:tickets", "supporttickets.php", About::Nothing),
    page("clientarea:submit_ticket", "submitticket.php", About::Nothing),
    page("clientarea:shopping_cart", "cart.php", About::Nothing),
    page("clientarea:shopping_cart_addons", "cart.php?gid=addons", About::Nothing),
    page("clientarea:shopping_cart_domain_register", "cart.php?a=add&domain=register", About::Nothing),
    page("clientarea:shopping_cart_domain_transfer", "cart.php?a=add&domain=transfer", About::Nothing),
];
/// The destination that names its path itself.
const CUSTOM: &str = "sso:custom_redirect";
const MAX_PATH_BYTES: usize = 2000;

/// Where a client is sent after logging in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// As it is documented: `clientarea:services`.
    pub name: &'static str,
    pub about: About,
    /// A path below the client area, which leads nowhere else; one that is about something ends before its id.
    path: String,
}

impl Destination {
    /// Finds the destination of this name, or the home page for none. `path` is that of a custom destination. `None` if there is
    /// no such destination, or if its path might lead elsewhere.
    pub fn parse(name: &str, path: &str) -> Option<Destination> {
        if name == CUSTOM {
            return is_relative(path).then(|| Destination {
                name: CUSTOM,
                about: About::Nothing,
                path: path.to_owned(),
            });
        }
        let page = if name.is_empty() { Some(&HOME) } else { PAGES.iter().find(|page| page.name == name) };
        page.map(|page| Destination { name: page.name, about: page.about, path: page.path.to_owned() })
    }

    /// The path with the id of the service or domain that the page is about.
    pub fn path(&self, id: i64) -> String {
        match self.about {
            About::Nothing => self.path.clone(),
            About::Service | About::Domain => format!("{}{id}", self.path),
        }
    }
}

/// Whether a path stays below the page to which it is relative, however a browser reads it.
fn is_relative(path: &str) -> bool {
    let (before_query, _) = path.split_once(['?', '#']).unwrap_or((path, ""));
    let (first_segment, _) = before_query.split_once('/').unwrap_or((before_query, ""));
    let is_visible = |c: char| c.is_ascii_graphic() && c != '\\' || c.is_alphanumeric();
    !path.is_empty()
        && path.len() <= MAX_PATH_BYTES
        && path.chars().all(is_visible)
        // A portal may append it to the name of its host, of which it would become a part.
        && !path.starts_with(['.', '-'])
        && !first_segment.contains('@')
        // A colon in the first segment would end a scheme; and no server decodes what hides dots, slashes or line breaks.
        && !before_query.contains([':', '%'])
        && !before_query.contains("..")
        && !path.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_destinations_are_found() {
        for (name, id, path) in [
            ("", 0, "clientarea.php"),
            ("clientarea:services", 7, "clientarea.php?action=services"),
            ("clientarea:product_details", 7, "clientarea.php?action=productdetails&id=7"),
            ("clientarea:shopping_cart_domain_transfer", 0, "cart.php?a=add&domain=transfer"),
        ] {
            assert_eq!(Destination::parse(name, "").unwrap().path(id), path, "{name}");
        }
        for unknown in ["clientarea", "clientarea:", "clientarea:sso", "services", "Clientarea:Services", "sso:x"] {
            assert_eq!(Destination::parse(unknown, "x.php"), None, "{unknown}");
        }
    }

    #[test]
    fn a_custom_path_leads_nowhere_else() {
        for path in
            ["cart.php?a=view", "/store/@hosting", "index.php?rp=/store/hosting", "a/b.php#top", "x?at=10:30&y=%2F"]
        {
            assert_eq!(Destination::parse(CUSTOM, path).unwrap().path(0), path, "{path}");
        }
        for path in [
            "",
            "https://evil.example/",
            "javascript:alert(1)",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "a\\b",
            "../admin/",
            "a/../../b",
            "..",
            "%2e%2e/admin",
            "/%2f/evil.example",
            "/%5cevil.example",
            "a//evil.example",
            "x?next=//evil.example",
            "x\r\nLocation: y",
            " x",
            "x y",
            "x\u{a0}y",
            "x\u{202e}y",
            "\t//evil.example",
            "@evil.example",
            "a@evil.example/b",
            ".evil.example",
            "-evil.example",
        ] {
            assert_eq!(Destination::parse(CUSTOM, path), None, "{path:?}");
        }
        assert_eq!(Destination::parse(CUSTOM, &"x".repeat(2001)), None);
    }
}
