// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package devcluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Pod is a process that runs for a pod of a Deployment.
type Pod struct {
	Name string
	// Log is the file of its output, Directory that of its empty volumes.
	Log, Directory string
	// Arguments are the process's, after what the container says was moved to this machine.
	Arguments []string

	namespace, hash string
	labels          map[string]string
	ports           []podPort
	spec            *corev1.PodSpec
	cmd             *exec.Cmd
	done            chan struct{}
	ready           atomic.Bool
}

// podPort is a port of the container and the one of this machine in its place.
type podPort struct {
	name    string
	inside  int32
	outside int
}

// Ready tells whether the readiness probe was answered lately.
func (p *Pod) Ready() bool { return p.ready.Load() }

// Done is closed when the process has ended.
func (p *Pod) Done() <-chan struct{} { return p.done }

// Signal sends the process a signal, such as SIGKILL, SIGSTOP or SIGCONT.
func (p *Pod) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Address is where a port of the container is served on this machine; empty if it has none of that name.
func (p *Pod) Address(name string) string {
	for _, port := range p.ports {
		if port.name == name {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port.outside))
		}
	}
	return ""
}

func (p *Pod) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *Pod) start(binary string, environment []string) error {
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	p.cmd = exec.Command(binary, p.Arguments...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = environment, log, log, p.Directory
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us, and we stop it
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("starting the pod %s: %w", p.Name, err)
	}
	p.done = make(chan struct{})
	go func() { _ = p.cmd.Wait(); p.ready.Store(false); close(p.done) }()
	return nil
}

// terminate ends the process as a kubelet does: no new connections arrive, it is asked to end, and killed when it does not.
func (p *Pod) terminate() error {
	p.ready.Store(false)
	_ = p.Signal(syscall.SIGTERM)
	grace := time.Duration(ptr.Deref(p.spec.TerminationGracePeriodSeconds, 30)) * time.Second
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("the pod %s did not end within its %s", p.Name, grace)
	}
}

// probe asks whether the process is ready.
func (p *Pod) probe(ctx context.Context) {
	if p.ended() {
		return
	}
	probe := p.spec.Containers[0].ReadinessProbe
	if probe == nil || probe.HTTPGet == nil {
		p.ready.Store(true)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d%s", p.local(probe.HTTPGet.Port), probe.HTTPGet.Path)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.ready.Store(false)
		return
	}
	_ = response.Body.Close()
	p.ready.Store(response.StatusCode == http.StatusOK && !p.ended())
}

// portFlags say where the manager listens on a port of its container.
var portFlags = map[string]string{
	"webhook": "--webhook-port=",
	"https":   "--metrics-bind-address=:",
	"probes":  "--health-probe-bind-address=:",
}

// movePorts finds free ports for those of the container, and writes them into the arguments.
func (p *Pod) movePorts() error {
	for _, port := range p.spec.Containers[0].Ports {
		flag, known := portFlags[port.Name]
		if !known {
			return fmt.Errorf("the container has a port %q, and no flag of the manager is known for it", port.Name)
		}
		outside, err := freePort()
		if err != nil {
			return err
		}
		p.ports = append(p.ports, podPort{port.Name, port.ContainerPort, outside})
		found := false
		for i, argument := range p.Arguments {
			value, is := strings.CutPrefix(argument, flag)
			if !is {
				continue
			}
			if value != strconv.Itoa(int(port.ContainerPort)) {
				return fmt.Errorf("the container's port %s is %d, but its argument is %s", port.Name, port.ContainerPort, argument)
			}
			p.Arguments[i], found = flag+strconv.Itoa(outside), true
		}
		if !found {
			p.Arguments = append(p.Arguments, flag+strconv.Itoa(outside))
		}
	}
	return nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", ":0") //nolint:gosec // The manager listens on all addresses as well.
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// movePaths writes the directories of this machine that stand for volumes into the arguments. The container's own file system is read-only, so
// that an argument may name no path outside of a volume.
func (p *Pod) movePaths(mounts map[string]string) error {
	for i, argument := range p.Arguments {
		flag, path, _ := strings.Cut(argument, "=")
		if !filepath.IsAbs(path) {
			continue
		}
		moved, ok := move(path, mounts)
		if !ok {
			return fmt.Errorf("the argument %s names a path that lies in no volume", argument)
		}
		p.Arguments[i] = flag + "=" + moved
	}
	return nil
}

// move finds the path on this machine by the innermost mount.
func move(path string, mounts map[string]string) (string, bool) {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if dir, ok := mounts[at]; ok {
			rest, err := filepath.Rel(at, path)
			return filepath.Join(dir, rest), err == nil
		}
		if at == "/" {
			return "", false
		}
	}
}

// environment is what the container says, and nothing of ours.
func (p *Pod) environment(mounts map[string]string) ([]string, error) {
	var all []string
	if tmp, ok := move("/tmp", mounts); ok {
		all = append(all, "TMPDIR="+tmp)
	}
	container := p.spec.Containers[0]
	for _, e := range container.Env {
		value := e.Value
		if from := e.ValueFrom; from != nil {
			switch {
			case from.ResourceFieldRef != nil && from.ResourceFieldRef.Resource == "limits.memory":
				value = strconv.FormatInt(container.Resources.Limits.Memory().Value(), 10)
			case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace":
				value = p.namespace
			case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.name":
				value = p.Name
			default:
				return nil, fmt.Errorf("the value of the environment variable %s comes from where it is not looked for here", e.Name)
			}
		}
		all = append(all, e.Name+"="+value)
	}
	return all, nil
}

// expand puts the values of variables of the environment in the place of $(NAME), as a kubelet does.
func (p *Pod) expand(environment []string) {
	var pairs []string
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		pairs = append(pairs, "$("+name+")", value)
	}
	replace := strings.NewReplacer(pairs...)
	for i := range p.Arguments {
		p.Arguments[i] = replace.Replace(p.Arguments[i])
	}
}

// one tells why a pod cannot run here.
func one(spec *corev1.PodSpec) error {
	if len(spec.Containers) != 1 || len(spec.InitContainers) > 0 {
		return errors.New("a pod has to have one container and no init containers")
	}
	if len(spec.Containers[0].Command) > 0 || len(spec.Containers[0].EnvFrom) > 0 {
		return errors.New("a container may have neither a command nor envFrom")
	}
	return nil
}
