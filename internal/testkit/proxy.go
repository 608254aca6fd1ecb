// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"io"
	"net"
	"slices"
	"sync"
)

// Proxy passes TCP connections on, as a Service does, and can be told to stop: what is behind it then is away for its clients.
type Proxy struct {
	listener net.Listener

	mutex   sync.Mutex
	targets []string
	// passed are the connections of both sides, each with the target that it is for.
	passed map[net.Conn]string
}

// NewProxy listens on an address; port 0 is a free one. It refuses connections until Forward.
func NewProxy(address string) (*Proxy, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, passed: map[net.Conn]string{}}
	go p.serve()
	return p, nil
}

// Address is where it listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Forward sends new connections to the first of these addresses that takes them, and ends connections to all others. Without an address, everybody is
// refused.
func (p *Proxy) Forward(targets ...string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.targets = targets
	for conn, target := range p.passed {
		if !slices.Contains(targets, target) {
			_ = conn.Close()
		}
	}
}

// Leave sends no new connections to an address, and lets those be that are there, as a Service does with a pod that ends.
func (p *Proxy) Leave(target string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.targets = slices.DeleteFunc(slices.Clone(p.targets), func(t string) bool { return t == target })
}

// Close ends the proxy and all connections.
func (p *Proxy) Close() error {
	p.Forward()
	return p.listener.Close()
}

func (p *Proxy) serve() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.pass(conn)
	}
}

// pass connects a client to the first target that is there, and copies until one of them ends.
func (p *Proxy) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, target := p.dial()
	if server == nil {
		return
	}
	defer func() { _ = server.Close() }()
	if !p.note(target, client, server) {
		return
	}
	defer p.forget(client, server)
	done := make(chan struct{}, 2)
	for to, from := range map[net.Conn]net.Conn{client: server, server: client} {
		go func() {
			_, _ = io.Copy(to, from)
			done <- struct{}{}
		}()
	}
	<-done
}

func (p *Proxy) dial() (server net.Conn, target string) {
	p.mutex.Lock()
	targets := p.targets
	p.mutex.Unlock()
	for _, target := range targets {
		if server, err := net.Dial("tcp", target); err == nil {
			return server, target
		}
	}
	return nil, ""
}

// note is false where the target is no longer one.
func (p *Proxy) note(target string, conns ...net.Conn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !slices.Contains(p.targets, target) {
		return false
	}
	for _, conn := range conns {
		p.passed[conn] = target
	}
	return true
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, conn := range conns {
		delete(p.passed, conn)
	}
}
