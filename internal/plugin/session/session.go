// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package session is what the commands of the plugin share: streams, the cluster, formats of output, and how objects are changed.
package session

import (
	"database/sql"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/snapshot"
)

// FieldManager owns the fields that the plugin changes.
const FieldManager = "kubectl-backoffice"

// Session is one run of the plugin.
type Session struct {
	genericiooptions.IOStreams
	// Flags are kubectl's, such as --context, --namespace and --as.
	Flags *genericclioptions.ConfigFlags
	Clock clock.PassiveClock
	// Version is that of the plugin.
	Version string
	// Stores open databases to read them.
	Stores Stores
}

// Stores open the databases of stores for reading. The drivers are the program's to know.
type Stores struct {
	SQLite     func(path string) (*sql.DB, error)
	PostgreSQL func(url, schema string) (*sql.DB, error)
}

// Scheme knows our kinds and those of Kubernetes.
func Scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			panic(err) // two kinds of one name
		}
	}
	return s
}

// Client talks to the API server as the flags say. Warnings of the API server go to ErrOut, each once.
func (s *Session) Client() (client.Client, error) {
	config, err := s.Flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.QPS = -1 // the API server's priority and fairness decides
	config.UserAgent = FieldManager + "/" + s.Version
	config.WarningHandler = rest.NewWarningWriter(s.ErrOut, rest.WarningWriterOptions{Deduplicate: true})
	return client.New(config, client.Options{Scheme: Scheme()})
}

// World reads what is in the cluster, as far as it is asked for.
func (s *Session) World() (*snapshot.World, error) {
	c, err := s.Client()
	if err != nil {
		return nil, err
	}
	return snapshot.New(c), nil
}

// Namespace is that of the flags, else of the kubeconfig.
func (s *Session) Namespace() (string, error) {
	namespace, _, err := s.Flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// Interactive tells whether somebody can be asked: both streams are a terminal.
func (s *Session) Interactive() bool { return isTerminal(s.In) && IsTerminal(s.ErrOut) }

// IsTerminal tells whether somebody looks at what is written.
func IsTerminal(w io.Writer) bool { return isTerminal(w) }

func isTerminal(stream any) bool {
	file, is := stream.(interface{ Fd() uintptr })
	return is && term.IsTerminal(int(file.Fd()))
}

// Exit is the status with which a command ends that has said what it has to say: an answer such as no, rather than a failure.
type Exit int

// Error implements error.
func (e Exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// UsageError is a mistake in flags or arguments.
func UsageError(cmd *cobra.Command, format string, args ...any) error {
	return fmt.Errorf("%s\nSee '%s -h' for help and examples", fmt.Sprintf(format, args...), cmd.CommandPath())
}
