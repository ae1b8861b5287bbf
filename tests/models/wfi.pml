/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Doorbells and virtual interrupts against a vCPU that waits. A guest puts requests into memory, rings a doorbell that
 * its match table knows, and waits with WFI; a service takes requests and raises the guest's interrupt; another interrupt
 * comes by itself. There is one list register for two interrupts. The guest acknowledges and deactivates without the
 * kernel's knowledge. An atomic block is one visit to the kernel, or one step of the guest's interrupt controller.
 *
 *   here               what it stands for
 *   fold, settle, fill kernel/core/virtual_interrupt.c: fold, settle, reclaim, fill (priorities alike: no victims)
 *   raise              virtual_interrupt.c: virtual_interrupt_raise; kernel/core/vcpu.c: vcpu_raise, end_wait
 *   refresh            virtual_interrupt.c: virtual_interrupt_refresh
 *   wfi                vcpu.c: vcpu_wait_for_interrupt
 *   maintenance        vcpu.c: vcpu_maintenance; virtual_interrupt.c: watch_active
 *   doorbell           kernel/core/match.c: match_store, ring; notification.c: notification_raise
 *   service            a component's loop over notification_wait
 *
 * What must hold: every request is answered and every interrupt handled; the vCPU does not wait while one could be
 * delivered; one that is raised once is handled once, or with a later one that is raised before it is taken.
 *
 * MUTATION 1: WFI does not ask what is pending
 * MUTATION 2: a raise does not look at it: the guest's acknowledgement of the last one takes the new one away
 * MUTATION 3: a raise does not end WFI
 * MUTATION 4: nobody asks for a maintenance interrupt while one waits for a list register
 * MUTATION 5: the service sleeps without looking at its flags once more
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#define REQUESTS 2
#define EVENTS   2
#define NONE     2

/* The kernel's records: interrupt 0 is the service's, 1 comes by itself. */
typedef interrupt {
    bool latched, acknowledged, offered, listed, waiting;
};
interrupt irq[2];
/* The list register, which the guest's accesses change: its interrupt, its state. */
byte lr = NONE;
bool lr_pending, lr_acknowledged, underflow;

bool in_wfi;
byte flags;                    /* of the service's notification */
bool service_sleeps;
byte requests, answers;        /* in memory, of both */
byte seen;                     /* answers that the guest knows of */
byte raised;                   /* how often interrupt 1 was */
bool event_open;               /* raised and not handled since */

inline fold(i)
{
    if
    :: irq[i].listed ->
        if
        :: irq[i].offered && !lr_pending -> irq[i].offered = false; irq[i].latched = false
        :: else
        fi;
        irq[i].acknowledged = lr_acknowledged
    :: else
    fi
}

inline write_lr(i)
{
    lr = i;
    lr_pending = irq[i].latched;
    lr_acknowledged = irq[i].acknowledged;
    irq[i].offered = lr_pending
}

inline unlist(i)
{
    irq[i].listed = false;
    irq[i].offered = false;
    lr = NONE;
    lr_pending = false;
    lr_acknowledged = false
}

inline settle(i)
{
    if
    :: irq[i].listed && irq[i].acknowledged -> write_lr(i)
    :: irq[i].listed && !irq[i].acknowledged -> unlist(i)
    :: else
    fi;
    irq[i].waiting = !irq[i].listed && (irq[i].acknowledged || irq[i].latched)
}

inline reclaim()
{
    if
    :: lr != NONE ->
        fold(lr);
        if
        :: !irq[lr].acknowledged && !irq[lr].offered ->
            if
            :: lr == 0 -> settle(0)
            :: else -> settle(1)
            fi
        :: else
        fi
    :: else
    fi
}

inline list(i)
{
    irq[i].waiting = false;
    irq[i].listed = true;
    write_lr(i)
}

inline fill()
{
    if
    :: lr != NONE && (irq[0].waiting || irq[1].waiting) -> reclaim()
    :: else
    fi;
    if
    :: lr == NONE && irq[0].waiting -> list(0)
    :: lr == NONE && !irq[0].waiting && irq[1].waiting -> list(1)
    :: else
    fi;
    underflow = (MUTATION != 4) && (irq[0].waiting || irq[1].waiting)
}

#define pending ((lr != NONE && irq[lr].offered) || (irq[0].waiting && irq[0].latched) || (irq[1].waiting && irq[1].latched))

inline end_wait()
{
    if
    :: in_wfi && pending && MUTATION != 3 -> in_wfi = false
    :: else
    fi
}

inline raise(i)
{
    if
    :: MUTATION != 2 -> fold(i)
    :: else
    fi;
    irq[i].latched = true;
    settle(i);
    fill();
    end_wait()
}

#define can_take (lr != NONE && lr_pending && !lr_acknowledged) /* by its interrupt handler */

active proctype guest()
{
    byte taken = NONE, sent;

end:
    do
    :: sent < REQUESTS && sent == seen ->
        atomic { sent++; requests++ };
        /* doorbell */
        atomic {
            if
            :: service_sleeps -> service_sleeps = false
            :: else -> flags = 1
            fi }
    :: can_take ->
        atomic { taken = lr; lr_pending = false; lr_acknowledged = true }
        if
        :: taken == 0 -> seen = answers
        :: else -> event_open = false
        fi;
        atomic { lr_acknowledged = false; taken = NONE } /* deactivate; active interrupts keep their list register */
    :: !can_take && sent != seen -> /* with nothing else to do; when all is answered it computes */
        /* WFI: traps, whatever came since */
        atomic {
            reclaim();
            fill();
            if
            :: pending && MUTATION != 1
            :: else -> in_wfi = true
            fi };
end_wfi:
        !in_wfi
    od
}

active proctype service()
{
    byte done;

end:
    do
    :: done < requests -> done++; answers = done; atomic { raise(0) }
    :: done == requests ->
        atomic {
            if
            :: flags != 0 && MUTATION != 5 -> flags = 0
            :: else -> service_sleeps = true
            fi };
end_idle:
        !service_sleeps
    od
}

active proctype events()
{
    do
    :: raised < EVENTS -> atomic { raised++; event_open = true; raise(1) }
    :: else -> break
    od
}

/* The list register is neither pending nor active any more, or not pending, while others wait. */
active proctype maintenance()
{
end:
    do
    :: atomic { underflow && !lr_pending && !in_wfi && !lr_acknowledged -> reclaim(); fill(); end_wait() }
    od
}

ltl answered { <> (seen == REQUESTS) }
ltl handled { [] (event_open -> <> !event_open) }
/* The vCPU does not wait while an interrupt could be delivered. */
ltl no_sleep { [] !(in_wfi && (lr_pending || (lr == NONE && (irq[0].latched || irq[1].latched)))) }
