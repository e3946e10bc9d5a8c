// SPDX-License-Identifier: GPL-3.0-or-later
// ipc_test.c - Messages keep their borders; stale sockets are replaced, living ones are not.
#include "gw/ipc.h"

#include "tests/unit/t.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static char path[96];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/slimline-ipc-XXXXXX");
	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/s", dir);
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

static void messages_keep_their_borders(void)
{
	make_dir();
	int listener = ipc_listen(path);
	REQUIRE(listener >= 0);
	CHECK_INT(ipc_accept(listener), -EAGAIN);
	int client = ipc_connect(path);
	REQUIRE(client >= 0);
	int server = ipc_accept(listener);
	REQUIRE(server >= 0);
	char buf[8];
	CHECK_INT(ipc_recv(server, buf, sizeof(buf)), -EAGAIN);
	CHECK_INT(ipc_send(client, "one", 3), 0);
	CHECK_INT(ipc_send(client, "four", 4), 0);
	CHECK_INT(ipc_send(client, "", 0), -EINVAL);
	CHECK_INT(ipc_recv(server, buf, sizeof(buf)), 3);
	CHECK_MEM(buf, "one", 3);
	CHECK_INT(ipc_recv(server, buf, sizeof(buf)), 4);
	CHECK_INT(ipc_send(client, "much too long", 13), 0);
	CHECK_INT(ipc_send(client, "next", 4), 0);
	CHECK_INT(ipc_recv(server, buf, sizeof(buf)), -EMSGSIZE);
	CHECK_INT(ipc_recv(server, buf, sizeof(buf)), 4);
	CHECK_INT(ipc_send(server, "reply", 5), 0);
	CHECK_INT(ipc_recv(client, buf, sizeof(buf)), 5);
	close(client);
	CHECK_INT(ipc_recv(server, buf, sizeof(buf)), 0);
	CHECK_INT(ipc_send(server, "x", 1), -EPIPE);
	close(server);
	close(listener);
	remove_dir();
}

static void a_slow_peer_is_no_error(void)
{
	int fds[2];
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	char message[1024] = {0};
	int rc = 0, sent = 0;
	for (; rc == 0 && sent < 100000; sent++)
		rc = ipc_send(fds[0], message, sizeof(message));
	CHECK_INT(rc, -EAGAIN);
	CHECK(ipc_recv(fds[1], message, sizeof(message)) == sizeof(message));
	// The peer goes with messages unread: that is a close, not an error.
	CHECK_INT(ipc_send(fds[1], "x", 1), 0);
	close(fds[1]);
	char buf[8];
	ssize_t n = ipc_recv(fds[0], buf, sizeof(buf));
	CHECK(n == 0 || n == 1);
	close(fds[0]);
}

static void many_at_once(void)
{
	int fds[2];
	char in[IPC_BATCH][8];
	struct ipc_message out[3] = {{"one", 3, 0}, {"three", 5, 0}, {"a long one", 10, 0}};
	struct ipc_message got[IPC_BATCH];
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	for (int i = 0; i < IPC_BATCH; i++)
		got[i] = (struct ipc_message){in[i], sizeof(in[i]), 99};
	CHECK_INT(ipc_recv_many(fds[1], got, IPC_BATCH), -EAGAIN);
	CHECK_INT(ipc_send_many(fds[0], out, 3), 3);
	CHECK_INT(ipc_recv_many(fds[1], got, 1), 1);
	CHECK(got[0].rc == 3 && memcmp(in[0], "one", 3) == 0);
	CHECK_INT(ipc_send_many(fds[0], out, 1), 1);
	close(fds[0]);
	CHECK_INT(ipc_recv_many(fds[1], got, IPC_BATCH), 4);
	CHECK(got[0].rc == 5 && memcmp(in[0], "three", 5) == 0);
	CHECK(got[1].rc == -EMSGSIZE);
	CHECK(got[2].rc == 3 && got[3].rc == 0);
	CHECK_INT(ipc_recv_many(fds[1], got, IPC_BATCH), 1);
	CHECK(got[0].rc == 0);
	CHECK_INT(ipc_send_many(fds[1], out, 3), -EPIPE);
	out[1].len = 0;
	CHECK_INT(ipc_send_many(fds[1], out, 3), -EINVAL);
	close(fds[1]);
}

static void a_full_socket_takes_a_part(void)
{
	int fds[2], n = 0, sent = 0;
	static char message[4096];
	struct ipc_message out[IPC_BATCH];
	for (int i = 0; i < IPC_BATCH; i++)
		out[i] = (struct ipc_message){message, sizeof(message), 0};
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	while (sent < 100000 && (n = ipc_send_many(fds[0], out, IPC_BATCH + 1)) > 0)
		sent += n;
	CHECK_INT(n, -EAGAIN);
	for (int i = 0; i < sent; i++)
		CHECK(ipc_recv(fds[1], message, sizeof(message)) == sizeof(message));
	CHECK_INT(ipc_recv(fds[1], message, sizeof(message)), -EAGAIN);
	close(fds[0]);
	close(fds[1]);
}

static void listening_replaces_only_the_dead(void)
{
	make_dir();
	int first = ipc_listen(path);
	REQUIRE(first >= 0);
	struct stat st;
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660);
	CHECK((fcntl(first, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK_INT(ipc_listen(path), -EADDRINUSE);
	close(first); // the file stays behind, as after a crash
	CHECK_INT(ipc_connect(path), -ECONNREFUSED);
	int second = ipc_listen(path);
	CHECK(second >= 0);
	close(second);
	unlink(path);
	CHECK_INT(ipc_connect(path), -ENOENT);
	int file = open(path, O_CREAT | O_WRONLY, 0600);
	close(file);
	CHECK_INT(ipc_listen(path), -EEXIST);
	remove_dir();
}

static void listening_where_we_may_not_ask(void)
{
	if (geteuid() != 0)
		SKIP("needs root, to be somebody else");
	make_dir();
	int first = ipc_listen(path);
	REQUIRE(first >= 0);
	CHECK_INT(chmod(dir, 0755), 0);
	int status = 0;
	pid_t somebody = fork();
	REQUIRE(somebody >= 0);
	if (somebody == 0)
		_exit(setgroups(0, NULL) || setgid(65534) || setuid(65534) ? 1 : -ipc_listen(path));
	CHECK(waitpid(somebody, &status, 0) == somebody && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), EACCES);
	close(first);
	remove_dir();
}

static void impossible_paths(void)
{
	char longest[200];
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK_INT(ipc_listen(longest), -ENAMETOOLONG);
	CHECK_INT(ipc_connect(longest), -ENAMETOOLONG);
	CHECK_INT(ipc_listen(""), -EINVAL);
	CHECK_INT(ipc_listen("/nonexistent/slimline/s"), -ENOENT);
}

T_MAIN("ipc", {"messages_keep_their_borders", messages_keep_their_borders},
       {"a_slow_peer_is_no_error", a_slow_peer_is_no_error}, {"many_at_once", many_at_once},
       {"a_full_socket_takes_a_part", a_full_socket_takes_a_part},
       {"listening_replaces_only_the_dead", listening_replaces_only_the_dead},
       {"listening_where_we_may_not_ask", listening_where_we_may_not_ask},
       {"impossible_paths", impossible_paths})
