//! Network addresses of this machine.

use std::fmt;
use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// An address without a listener: the port stays reserved for the lifetime of this value, so that no other process
/// listens there.
pub struct UnusedAddress {
    pub address: SocketAddr,
    _socket: TcpSocket,
}

impl UnusedAddress {
    pub fn reserve() -> UnusedAddress {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        UnusedAddress { address: socket.local_addr().unwrap(), _socket: socket }
    }
}

impl fmt::Display for UnusedAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}
