// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"io"
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// greeter tells each client a name.
func greeter(t *testing.T, name string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, name)
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return listener.Addr().String()
}

// hear reads so many bytes; the text is shorter where the connection ends.
func hear(t *testing.T, conn net.Conn, n int) string {
	t.Helper()
	NewWithT(t).Expect(conn.SetReadDeadline(time.Now().Add(10 * time.Second))).To(Succeed())
	text := make([]byte, n)
	got, _ := io.ReadFull(conn, text)
	return string(text[:got])
}

func TestAProxyPassesToTheFirstThatIsThereAndEndsWhatIsForOthers(t *testing.T) {
	g := NewWithT(t)
	one, two := greeter(t, "one"), greeter(t, "two")
	p, err := NewProxy("127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = p.Close() })
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", p.Address())
		g.Expect(err).NotTo(HaveOccurred())
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	g.Expect(hear(t, dial(), 1)).To(BeEmpty(), "nobody is there yet")

	p.Forward("127.0.0.1:1", one, two)
	first := dial()
	g.Expect(hear(t, first, 3)).To(Equal("one"))
	p.Forward(one, two)
	g.Expect(first.SetReadDeadline(time.Now().Add(50 * time.Millisecond))).To(Succeed())
	_, err = first.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(ContainSubstring("timeout")), "the connection stays, for its target does")

	p.Forward(two)
	g.Expect(hear(t, first, 1)).To(BeEmpty())
	_, err = first.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(io.EOF))
	g.Expect(hear(t, dial(), 3)).To(Equal("two"))
	p.Forward()
	g.Expect(hear(t, dial(), 1)).To(BeEmpty())
}
