package org.ferrohsm.junit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Stands between clients and an HSM on loopback, and delivers what clients send some time later. Replies pass at once, so a round
 * trip takes that much longer, however many are under way. Thread-safe.
 */
final class LatencyProxy implements AutoCloseable {
    /** As in client configurations; the JVM may prefer ::1. */
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int CHUNK_BYTES = 64 * 1024;
    /** Chunks under way on a connection before its client has to wait. */
    private static final int CHUNKS = 256;
    private static final long ACCEPT_AGAIN_NANOS = 10_000_000;

    /** Bytes and when they are to be delivered ({@link System#nanoTime}); no bytes: the end. */
    private record Chunk(byte[] bytes, long atNanos) {
    }

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile long latencyNanos;

    private LatencyProxy(ServerSocket listener, int target, Duration latency) {
        this.listener = listener;
        this.target = target;
        latencyNanos = latency.toNanos();
    }

    /** A proxy on a free loopback port. */
    static LatencyProxy start(int target, Duration latency) throws IOException {
        LatencyProxy proxy =
            new LatencyProxy(new ServerSocket(0, 128, InetAddress.getByAddress(LOOPBACK)), target, latency);
        thread(proxy::accept);
        return proxy;
    }

    int port() {
        return listener.getLocalPort();
    }

    void setLatency(Duration latency) {
        latencyNanos = latency.toNanos();
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "ferrohsm-latency");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            Socket client;
            try {
                client = listener.accept();
            } catch (IOException e) {
                if (listener.isClosed()) {
                    return;
                }
                LockSupport.parkNanos(ACCEPT_AGAIN_NANOS); // out of file handles, for example: some may be closed soon
                continue;
            }
            thread(() -> serve(client));
        }
    }

    private void serve(Socket client) {
        Socket server;
        try {
            client.setTcpNoDelay(true);
            server = new Socket(listener.getInetAddress(), target);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            end(client); // as a client sees an HSM that is gone
            return;
        }
        open.add(client);
        open.add(server);
        if (listener.isClosed()) {
            end(client, server);
            return;
        }
        BlockingQueue<Chunk> underWay = new LinkedBlockingQueue<>(CHUNKS);
        thread(() -> delay(client, underWay));
        thread(() -> deliver(underWay, client, server));
        copy(server, client);
    }

    private void delay(Socket client, BlockingQueue<Chunk> underWay) {
        try {
            byte[] buffer = new byte[CHUNK_BYTES];
            int count;
            do {
                try {
                    count = client.getInputStream().read(buffer);
                } catch (IOException e) {
                    count = -1;
                }
                underWay.put(new Chunk(Arrays.copyOf(buffer, Math.max(count, 0)), System.nanoTime() + latencyNanos));
            } while (count >= 0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does
        }
    }

    private void deliver(BlockingQueue<Chunk> underWay, Socket client, Socket server) {
        try {
            OutputStream output = server.getOutputStream();
            while (true) {
                Chunk chunk = underWay.take();
                TimeUnit.NANOSECONDS.sleep(chunk.atNanos() - System.nanoTime());
                if (chunk.bytes().length == 0) {
                    break;
                }
                output.write(chunk.bytes());
            }
        } catch (IOException e) {
            // One side has closed: so does the other.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does
        } finally {
            end(client, server);
            underWay.clear(); // the reader may be waiting for room
        }
    }

    private void copy(Socket server, Socket client) {
        try (InputStream input = server.getInputStream(); OutputStream output = client.getOutputStream()) {
            input.transferTo(output);
        } catch (IOException e) {
            // One side has closed: so does the other.
        } finally {
            end(client, server);
        }
    }

    private void end(Socket... sockets) {
        for (Socket socket : sockets) {
            open.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed all the same.
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
        end(open.toArray(Socket[]::new));
    }
}
