// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
    public import ServiceLifecycle

    @available(FairDial 0.1, *)
    extension StuckLookups: Service {}
#endif
