// stream.h - makes connections over plain and TLS sockets.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "net/internal/connection.h"

namespace tillstream::internal {

std::shared_ptr<Connection> make_plain_connection(ServerCore& core, std::shared_ptr<IoThread> io,
                                                  boost::asio::ip::tcp::socket socket, std::string peer);
/// The connection keeps what it needs of `context`.
std::shared_ptr<Connection> make_tls_connection(ServerCore& core, std::shared_ptr<IoThread> io,
                                                boost::asio::ip::tcp::socket socket, std::string peer,
                                                boost::asio::ssl::context& context);

/// TLS 1.2 or later, without renegotiation and compression. invalid_argument naming the file that cannot be
/// used.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsOptions& options);

}  // namespace tillstream::internal
