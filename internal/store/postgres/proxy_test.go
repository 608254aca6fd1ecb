// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"io"
	"math"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/backoffice-operator/backoffice-operator/internal/store"
)

// proxy stands between a store and the server. What it does not pass on is what a client has not sent yet, or not read yet, which froze.
type proxy struct {
	listener net.Listener
	target   string
	// toServer and toClient are how many bytes may still pass.
	toServer, toClient atomic.Int64
	sent               atomic.Int64 // bytes to the server so far

	mutex sync.Mutex
	conns []net.Conn
}

// newProxy returns a proxy that passes everything, and options with its URL.
func newProxy(t *testing.T, o store.Options) (*proxy, store.Options) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener}
	p.thaw()
	o = withURL(t, o, func(u *url.URL) { p.target, u.Host = u.Host, listener.Addr().String() })
	go p.serve()
	t.Cleanup(p.cut)
	t.Cleanup(func() { _ = listener.Close() })
	return p, o
}

func (p *proxy) thaw() {
	p.toServer.Store(math.MaxInt64)
	p.toClient.Store(math.MaxInt64)
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mutex.Lock()
		p.conns = append(p.conns, client, server)
		p.mutex.Unlock()
		go p.pass(server, client, &p.toServer)
		go p.pass(client, server, &p.toClient)
	}
}

// pass copies while some bytes may still pass; then it swallows, and leaves both ends open.
func (p *proxy) pass(to, from net.Conn, left *atomic.Int64) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			after := left.Add(-int64(n))
			n = max(0, n+int(min(0, after)))
			if left == &p.toServer {
				p.sent.Add(int64(n))
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			return
		}
	}
}
