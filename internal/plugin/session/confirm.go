// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Confirm has somebody at a terminal type a name before something happens that concerns many. It fails where nobody can be asked.
func (s *Session) Confirm(ctx context.Context, question, name string) error {
	if !s.Interactive() {
		return fmt.Errorf("%s nobody can be asked without a terminal: give --yes to go on", question)
	}
	fmt.Fprintf(s.ErrOut, "%s\nType %s to go on: ", question, name)
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(s.In).ReadString('\n') // what is not the name is a no
		line <- text
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case text := <-line:
		if strings.TrimSpace(text) != name {
			return fmt.Errorf("not confirmed: nothing has been changed")
		}
		return nil
	}
}

// Printable is free text for a terminal: characters that would control it are escaped.
func Printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}
