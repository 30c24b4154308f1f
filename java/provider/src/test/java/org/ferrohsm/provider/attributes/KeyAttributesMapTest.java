package org.ferrohsm.provider.attributes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import org.ferrohsm.provider.exception.AddAttributeException;
import org.junit.jupiter.api.Test;

/** The maps by themselves, without an HSM. */
class KeyAttributesMapTest {
    @Test
    void valuesGoInAndOut() throws Exception {
        KeyAttributesMap map = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "a").put(KeyAttribute.SIZE, 256)
            .put(KeyAttribute.TOKEN, true).build();
        assertEquals("a", map.get(KeyAttribute.LABEL));
        assertEquals(256, map.get(KeyAttribute.SIZE));
        assertEquals(Set.of(KeyAttribute.LABEL, KeyAttribute.SIZE, KeyAttribute.TOKEN), map.keySet());
        assertNull(map.get(KeyAttribute.ID));
        KeyAttributesMap more = new KeyAttributesMap();
        more.put(KeyAttribute.LABEL, "b");
        more.put(KeyAttribute.ALLOWED_MECHANISMS, new String[] {"aes-gcm"});
        map.putAll(more);
        assertEquals("b", map.get(KeyAttribute.LABEL));
        assertEquals(List.of("aes-gcm"), map.get(KeyAttribute.ALLOWED_MECHANISMS));
        assertEquals(4, map.size());
        map.remove(KeyAttribute.SIZE);
        assertFalse(map.containsKey(KeyAttribute.SIZE));
        map.clear();
        assertTrue(map.isEmpty());
    }

    @Test
    void arraysAreCopied() throws Exception {
        byte[] id = {1, 2, 3};
        KeyAttributesMap map = new KeyAttributesMap();
        map.put(KeyAttribute.ID, id);
        id[0] = 9;
        ((byte[]) map.get(KeyAttribute.ID))[1] = 9;
        assertArrayEquals(new byte[] {1, 2, 3}, (byte[]) map.get(KeyAttribute.ID));
        map.put(KeyAttribute.MODULUS, BigInteger.valueOf(255));
        assertArrayEquals(new byte[] {0, (byte) 255}, (byte[]) map.get(KeyAttribute.MODULUS));
    }

    @Test
    void wrongValuesAreRefusedWithWhatIsTaken() throws Exception {
        KeyAttributesMap map = new KeyAttributesMap();
        for (Object[] wrong : new Object[][] {{KeyAttribute.LABEL, ""}, {KeyAttribute.LABEL, 1},
            {KeyAttribute.LABEL, "x".repeat(1025)}, {KeyAttribute.TOKEN, "true"}, {KeyAttribute.TOKEN, null},
            {KeyAttribute.SIZE, 256L}, {KeyAttribute.SIZE, 0}, {KeyAttribute.ID, new byte[257]},
            {KeyAttribute.VALUE, new byte[0]}, {KeyAttribute.KEY_TYPE, "AES"}, {KeyAttribute.MODULUS, BigInteger.ZERO},
            {KeyAttribute.ALLOWED_MECHANISMS, List.of(1)}, {KeyAttribute.OBJECT_CLASS, KeyType.RSA}}) {
            AddAttributeException refused =
                assertThrows(AddAttributeException.class, () -> map.put((KeyAttribute) wrong[0], wrong[1]));
            assertTrue(refused.getMessage().startsWith(wrong[0] + " takes "), refused.getMessage());
        }
        assertThrows(AddAttributeException.class, () -> map.put(null, true));
        assertTrue(map.isEmpty());
    }

    @Test
    void keyMaterialIsNotShown() throws Exception {
        KeyAttributesMap map = new KeyAttributesMap();
        map.put(KeyAttribute.VALUE, new byte[] {0x41, 0x42, 0x43, 0x44});
        map.put(KeyAttribute.LABEL, "a");
        map.put(KeyAttribute.ID, new byte[] {7});
        assertEquals("{ID=07, LABEL=a, VALUE=(secret)}", map.toString());
        AddAttributeException refused =
            assertThrows(AddAttributeException.class, () -> map.put(KeyAttribute.VALUE, "a secret text"));
        assertFalse(refused.getMessage().contains("a secret text"));
    }

    @Test
    void equalMapsHaveEqualValues() throws Exception {
        KeyAttributesMap one = new KeyAttributesMapBuilder().put(KeyAttribute.ID, new byte[] {1}).build();
        KeyAttributesMap same = new KeyAttributesMapBuilder().put(KeyAttribute.ID, new byte[] {1}).build();
        KeyAttributesMap other = new KeyAttributesMapBuilder().put(KeyAttribute.ID, new byte[] {2}).build();
        assertEquals(one, same);
        assertEquals(one.hashCode(), same.hashCode());
        assertNotEquals(one, other);
    }

    @Test
    void pairsKeepWhatTheyWereGiven() throws Exception {
        KeyAttributesMap forPublic = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "public").build();
        KeyAttributesMap forPrivate = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "private").build();
        KeyPairAttributesMap pair =
            new KeyPairAttributesMapBuilder().withPublic(forPublic).withPrivate(forPrivate).build();
        forPublic.put(KeyAttribute.LABEL, "changed");
        pair.getPrivate().clear();
        assertEquals("public", pair.getPublic().get(KeyAttribute.LABEL));
        assertEquals("private", pair.getPrivate().get(KeyAttribute.LABEL));
        KeyPairAttributesMap same = new KeyPairAttributesMap(forPublic, forPrivate);
        forPrivate.clear();
        assertEquals("changed", same.getPublic().get(KeyAttribute.LABEL));
        assertEquals("private", same.getPrivate().get(KeyAttribute.LABEL));
    }

    @Test
    void handlesArePositive() {
        assertEquals(5, KeyReferenceSpec.getInstance(5).getKeyReference());
        assertThrows(IllegalArgumentException.class, () -> KeyReferenceSpec.getInstance(0));
        assertThrows(IllegalArgumentException.class, () -> KeyReferenceSpec.getInstance(-1));
    }
}
